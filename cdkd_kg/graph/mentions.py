"""Mentions as NIF: which piece of which document speaks of which entity, and how sure that is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.entities.linking.facts import TYPE
from cdkd_kg.entities.linking.names import is_acronym
from cdkd_kg.graph.iris import checked_iri, concept_iri, mention_iri
from cdkd_kg.graph.labels import MAX_CHARACTERS
from cdkd_kg.graph.namespaces import ITSRDF, KD, NIF, RDF, SKOS, XSD

_AMBIGUOUS, _NEW = "ambiguous", "new"


@dataclass(frozen=True)
class Resolved:
    """Mentions with the entities that they speak of.

    Attributes:
        rows: the table of mentions.
        documents: ``[M]``, the node of each mention's document.
        entities: ``[M]``, what each mention speaks of; None where that is ambiguous.
        judged: ``[M]``, whether people said so.
        places: (document identifier, begin) -> place in ``rows``.
    """

    rows: pa.Table
    documents: list[NamedNode]
    entities: list[NamedNode | None]
    judged: list[bool]
    places: Mapping[tuple[str, int], int]


def resolve(
    mentions: pa.Table,
    documents: Mapping[str, NamedNode],
    name: str,
    said: Mapping[NamedNode, NamedNode] | None = None,
) -> Resolved:
    """Return the entity of every mention; one that is new to the vocabulary gets an IRI from its concept.

    Args:
        mentions: as the entities stage returns them; mentions of documents that are not given are left out.
        documents: identifier -> node.
        name: of the graph.
        said: what people said that mentions speak of; they know better.
    """
    known = pa.array(sorted(documents), pa.string())
    rows = mentions.filter(pc.is_in(mentions["document"], value_set=known))
    minted = lru_cache(None)(lambda concept: concept_iri(name, concept))
    node = lru_cache(None)(checked_iri)
    identifiers = rows["document"].to_pylist()
    entities = [
        node(iri) if iri else minted(concept) if nil == _NEW else None
        for iri, nil, concept in zip(*(rows[column].to_pylist() for column in ("iri", "nil", "concept")), strict=True)
    ]
    begins, meant = rows["begin"].to_pylist(), list[NamedNode | None]([None] * len(rows))
    if said:
        spans = zip(identifiers, begins, rows["end"].to_pylist(), strict=True)
        meant = [said.get(mention_iri(documents[name], begin, end)) for name, begin, end in spans]
    entities = [known or entity for known, entity in zip(meant, entities, strict=True)]
    places = {key: place for place, key in enumerate(zip(identifiers, begins, strict=True))}
    nodes = [documents[identifier] for identifier in identifiers]
    return Resolved(rows, nodes, entities, [known is not None for known in meant], places)


def mention_quads(resolved: Resolved, graph: NamedNode) -> Iterator[Quad]:
    """Yield each mention as a ``nif:Phrase`` with ``itsrdf:taIdentRef``; an ambiguous one has candidates.

    What people said that a mention speaks of is not said again here.
    """
    rows = resolved.rows
    integer = lru_cache(None)(lambda number: Literal(str(number), datatype=XSD.nonNegativeInteger))
    text, kind, certainty = lru_cache(None)(Literal), lru_cache(None)(entity_type), lru_cache(None)(Literal)
    columns = [rows[name].to_pylist() for name in ("begin", "end", "anchor", "type", "confidence")]
    for document, entity, judged, begin, end, anchor, label, confidence in zip(
        resolved.documents, resolved.entities, resolved.judged, *columns, strict=True
    ):
        mention = mention_iri(document, begin, end)
        yield Quad(mention, RDF.type, NIF.Phrase, graph)
        yield Quad(mention, NIF.referenceContext, document, graph)
        yield Quad(mention, NIF.beginIndex, integer(begin), graph)
        yield Quad(mention, NIF.endIndex, integer(end), graph)
        yield Quad(mention, NIF.anchorOf, text(anchor), graph)
        yield Quad(mention, ITSRDF.taClassRef, kind(label), graph)
        if judged:
            continue
        if entity is not None:
            yield Quad(mention, ITSRDF.taIdentRef, entity, graph)
            yield Quad(mention, ITSRDF.taConfidence, certainty(round(confidence, 6)), graph)
        else:
            yield Quad(mention, KD.nil, text(_AMBIGUOUS), graph)
    yield from _candidate_quads(resolved, graph)


def concept_quads(resolved: Resolved, scheme: NamedNode, graph: NamedNode) -> Iterator[Quad]:
    """Yield each new concept, in its scheme, with its names: the preferred one is the most frequent anchor.

    An acronym gives way to a name of several words.
    """
    anchors: defaultdict[NamedNode, Counter[str]] = defaultdict(Counter)
    types: defaultdict[NamedNode, set[str]] = defaultdict(set)
    columns = (resolved.rows[name].to_pylist() for name in ("nil", "anchor", "type", "concept"))
    concepts: dict[NamedNode, str] = {}
    for entity, judged, nil, anchor, label, concept in zip(resolved.entities, resolved.judged, *columns, strict=True):
        if nil == _NEW and entity is not None and not judged:
            anchors[entity][anchor] += 1
            types[entity].add(label)
            concepts[entity] = concept
    if anchors:
        yield Quad(scheme, RDF.type, SKOS.ConceptScheme, graph)
    for entity in sorted(anchors, key=lambda node: node.value):
        yield Quad(entity, RDF.type, SKOS.Concept, graph)
        yield Quad(entity, SKOS.inScheme, scheme, graph)
        for label in sorted(types[entity]):
            yield Quad(entity, KD.entityType, entity_type(label), graph)
        names = _ranked(anchors[entity])
        names = [name for name in names if len(name) <= MAX_CHARACTERS] or [concepts[entity][:MAX_CHARACTERS]]
        yield Quad(entity, SKOS.prefLabel, Literal(names[0]), graph)
        for name in names[1:]:
            yield Quad(entity, SKOS.altLabel, Literal(name), graph)


def _ranked(anchors: Counter[str]) -> list[str]:
    explained = any(" " in name for name in anchors)
    return sorted(anchors, key=lambda name: (explained and is_acronym(name), -anchors[name], name))


def entity_type(label: str) -> NamedNode:
    """Return the IRI of a type of entity, such as ``urn:cdkd:type:PERSON``."""
    return NamedNode(TYPE + label)


def _candidate_quads(resolved: Resolved, graph: NamedNode) -> Iterator[Quad]:
    ambiguous = [place for place, entity in enumerate(resolved.entities) if entity is None]
    rows = resolved.rows.take(pa.array(ambiguous, pa.int64()))
    columns = (rows[name].to_pylist() for name in ("begin", "end", "candidates"))
    for place, begin, end, candidates in zip(ambiguous, *columns, strict=True):
        mention = mention_iri(resolved.documents[place], begin, end)
        for candidate in candidates or ():
            yield Quad(mention, KD.candidate, checked_iri(candidate["iri"]), graph)
