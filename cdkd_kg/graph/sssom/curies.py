"""CURIEs: IRIs with a short name for their beginning, such as ``skos:exactMatch``.

Source: https://www.w3.org/TR/curie/, with the built-in prefixes of SSSOM.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain, count

from pyoxigraph import NamedNode

from cdkd_kg.errors import GraphError, nearest
from cdkd_kg.graph.files import MAX_IRI, MAX_PREFIX
from cdkd_kg.graph.iris import SCHEMES, check_scheme, local_name
from cdkd_kg.graph.namespaces import DCTERMS, OWL, PROV, RDF, RDFS, SCHEMA, SEMAPV, SKOS, SSSOM, XSD

BUILT_IN = {
    "linkml": "https://w3id.org/linkml/", "owl": OWL.base, "rdf": RDF.base, "rdfs": RDFS.base, "semapv": SEMAPV.base,
    "skos": SKOS.base, "sssom": SSSOM.base, "xsd": XSD.base,
}  # fmt: skip
_USUAL = {base: name for name, base in BUILT_IN.items()} | {
    DCTERMS.base: "dcterms", PROV.base: "prov", SCHEMA.base: "schema", "https://orcid.org/": "orcid",
    "http://www.wikidata.org/entity/": "wikidata",
}  # fmt: skip
_OBO = re.compile(r"(.*[/#][A-Za-z]+_)([0-9]+)")
_PATH = re.compile(r"(.*[^/:][/#])([^/#]+)")
_URN = re.compile(r"([^:/]+:.*:)([^:/#]+)")


def expand(text: str, prefixes: Mapping[str, str], where: str) -> NamedNode:
    """Return the IRI that a CURIE stands for; an IRI of a common scheme stands for itself.

    Args:
        text: such as ``HP:0009124``.
        prefixes: prefix -> what it stands for; the built-in ones cannot be changed.
        where: the text lies there, for the message.

    Raises:
        GraphError: the prefix is unknown, or no IRI comes of it that is taken.
    """
    prefix, colon, local = text.partition(":")
    base = BUILT_IN.get(prefix) or prefixes.get(prefix)
    if not colon or (base is None and prefix.lower() not in SCHEMES):
        raise GraphError(
            f"the prefix {prefix[:100]!r} is unknown{nearest(prefix[:100], {*prefixes, *BUILT_IN})}"
            if colon
            else f"{text[:100]!r} is no CURIE",
            where=where,
            why="it is not in the curie_map, nor a scheme of IRIs that are taken" if colon else "it has no prefix",
            remedy="write a CURIE such as HP:0009124, and its prefix into the curie_map at the head of the file",
        )
    iri = text if base is None else base + local
    check_scheme(iri, where)
    if len(iri) > MAX_IRI:
        raise GraphError(f"the IRI {iri[:100]!r}... is over {MAX_IRI >> 10} KiB", where=where, remedy="shorten it")
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise GraphError(f"{iri[:200]!r} is no IRI", where=where, why=str(error), remedy="correct it") from error


def prefixes_of(iris: Iterable[str], full: Iterable[str] = ()) -> dict[str, str]:
    """Return a prefix for every namespace that occurs, sorted by prefix: the same for the same IRIs.

    A namespace ends at the last ``#`` or ``/``, before the number of an OBO identifier (``.../obo/MONDO_0000001``), or
    at the last ``:`` of a URN. IRIs in which there is none have no prefix.

    Args:
        iris: what shall be shortened.
        full: IRIs that stand beside them in full; no prefix is called as one of their schemes is.
    """
    iris = set(iris)
    schemes = {iri.partition(":")[0].lower() for iri in (*iris, *full)}
    taken = {*(SCHEMES - set(_USUAL.values())), *schemes, *BUILT_IN}
    found: dict[str, str] = {}
    bases = {base for base in (_split(iri)[0] for iri in iris) if len(base) <= MAX_PREFIX}
    for base in sorted(bases - {"", *BUILT_IN.values()}):
        name = _USUAL.get(base) or re.sub(r"^[\W\d_]+", "", local_name(base)).rstrip("_") or "ns"
        name = next(free for free in chain([name], (f"{name}{n}" for n in count(2))) if free.lower() not in taken)
        taken.add(name.lower())
        found[name] = base
    return dict(sorted(found.items()))


def contract(iri: str, prefixes: Mapping[str, str]) -> str:
    """Return the CURIE of an IRI, or the IRI where no prefix fits.

    Args:
        iri: what to shorten.
        prefixes: IRI of a namespace -> prefix.
    """
    base, local = _split(iri)
    return f"{prefixes[base]}:{local}" if base in prefixes else iri


def _split(iri: str) -> tuple[str, str]:
    """Return namespace and local name; the namespace is empty where there is none."""
    found = _OBO.fullmatch(iri) or _PATH.fullmatch(iri) or _URN.fullmatch(iri)
    return (found[1], found[2]) if found else ("", iri)
