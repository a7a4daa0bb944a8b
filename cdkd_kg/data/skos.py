"""SKOS concepts as sorted N-Triples."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

_RDF_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_DCTERMS = "http://purl.org/dc/terms/"


class Concept(NamedTuple):
    """A concept, its labels, and the IRIs of its neighbours; ``subject`` are the fields that it belongs to.

    A label is kept once, as the strongest kind that has it: preferred, alternative, hidden.
    """

    iri: str
    preferred: str
    alternative: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    definition: str = ""
    broader: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()


def concept_triples(concept: Concept, language: str | None) -> Iterator[Triple]:
    """Yield the triples of one concept, its labels in ``language``."""
    subject = NamedNode(concept.iri)
    yield Triple(subject, _RDF_TYPE, NamedNode(_SKOS + "Concept"))
    seen = {""}
    kinds = {"prefLabel": (concept.preferred,), "altLabel": concept.alternative, "hiddenLabel": concept.hidden}
    for kind, labels in kinds.items():
        fresh = {label.strip() for label in labels} - seen
        seen |= fresh
        for label in fresh:
            yield Triple(subject, NamedNode(_SKOS + kind), Literal(label, language=language))
    if concept.definition:
        yield Triple(subject, NamedNode(_SKOS + "definition"), Literal(concept.definition, language=language))
    ties = {
        _SKOS + "broader": concept.broader,
        _SKOS + "related": concept.related,
        _DCTERMS + "subject": concept.subject,
    }
    for kind, neighbours in ties.items():
        for neighbour in neighbours:
            if neighbour != concept.iri:
                yield Triple(subject, NamedNode(kind), NamedNode(neighbour))


def scheme_triples(iri: str, about: dict[str, str]) -> Iterator[Triple]:
    """Yield a concept scheme that says in Dublin Core terms what a vocabulary is and who may use it."""
    yield Triple(NamedNode(iri), _RDF_TYPE, NamedNode(_SKOS + "ConceptScheme"))
    for term, text in about.items():
        yield Triple(NamedNode(iri), NamedNode(_DCTERMS + term), Literal(text))


def to_ntriples(triples: Iterable[Triple]) -> bytes:
    """Return triples as N-Triples: one a line, sorted, none twice."""
    lines = serialize(triples, format=RdfFormat.N_TRIPLES) or b""
    return b"".join(sorted({line + b"\n" for line in lines.split(b"\n") if line}))


def slug(label: str) -> str:
    """Return a label as the tail of an IRI: folded, letters and digits, joined by hyphens.

    Example:
        >>> slug("Johnson & Johnson")
        'johnson-johnson'
    """
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", label).casefold()).strip("-")


def geonames(identifier: int) -> str:
    """Return the IRI of a place of GeoNames."""
    return f"https://sws.geonames.org/{identifier}/"
