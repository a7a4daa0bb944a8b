"""To rdflib and back, term by term."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import rdflib
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, DefaultGraph, Literal, NamedNode, Quad
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID

from cdkd_kg.artifacts import sha256_text
from cdkd_kg.errors import GraphError
from cdkd_kg.graph.iris import BLANK
from cdkd_kg.graph.namespaces import RDF, XSD

_IMPLIED = (XSD.string, RDF.langString)


def to_rdflib(quads: Iterable[Quad]) -> rdflib.Dataset:
    """Return an ``rdflib.Dataset`` of the same quads; literals keep the form in which they are written."""
    dataset = rdflib.Dataset()
    term = lru_cache(1 << 16)(term_to_rdflib)
    for quad in quads:
        graph = (
            dataset.graph(term(quad.graph_name)) if isinstance(quad.graph_name, NamedNode) else dataset.default_graph
        )
        graph.add((term(quad.subject), term(quad.predicate), term(quad.object)))
    return dataset


def from_rdflib(dataset: rdflib.Dataset) -> Iterator[Quad]:
    """Yield the quads of an ``rdflib.Dataset``; a blank node becomes ``urn:cdkd:bnode:<digest>:<n>``.

    Digest and ``n`` come from the canonical form of the data set (W3C RDF Dataset Canonicalization), so equal
    data sets give equal IRIs, whatever rdflib calls their blank nodes.

    Raises:
        GraphError: rdflib holds a term that RDF does not allow.
    """
    quads = as_quads(dataset.quads())
    if any(isinstance(term, BlankNode) for quad in quads for term in quad):
        return _without_blank_nodes(quads)
    return iter(quads)


def as_quads(found: Iterable[tuple[Any, ...]]) -> list[Quad]:
    """Return subjects, predicates, objects and graph names of rdflib as quads.

    Raises:
        GraphError: rdflib holds a term that RDF does not allow.
    """
    try:
        return [
            Quad(_from_rdflib(subject), _from_rdflib(predicate), _from_rdflib(target), _graph_name(name))  # type: ignore[arg-type]
            for subject, predicate, target, name in found
        ]
    except (ValueError, TypeError) as error:
        raise GraphError("the rdflib data set holds a term that is not RDF", why=str(error)) from error


def _without_blank_nodes(quads: list[Quad]) -> Iterator[Quad]:
    canonical = Dataset(quads)
    canonical.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    digest = sha256_text("".join(sorted(f"{quad}\n" for quad in canonical)))[:16]

    def named(term: Any) -> Any:
        return NamedNode(f"{BLANK}{digest}:{term.value}") if isinstance(term, BlankNode) else term

    return (Quad(*map(named, quad)) for quad in canonical)


def term_to_rdflib(term: Any) -> rdflib.URIRef | rdflib.BNode | rdflib.Literal:
    """Return a term of pyoxigraph as rdflib's."""
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    datatype = None if term.datatype == XSD.string else rdflib.URIRef(term.datatype.value)
    return rdflib.Literal(term.value, datatype=datatype, normalize=False)


def _from_rdflib(term: Any) -> NamedNode | BlankNode | Literal:
    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    if isinstance(term, rdflib.BNode):
        return BlankNode("b" + str(term).encode().hex())
    if term.language:
        return Literal(str(term), language=term.language)
    return Literal(str(term), datatype=NamedNode(str(term.datatype)) if term.datatype else None)


def _graph_name(name: Any) -> NamedNode | BlankNode | DefaultGraph:
    if name is None or name == DATASET_DEFAULT_GRAPH_ID:
        return DefaultGraph()
    node = _from_rdflib(name)
    return node if isinstance(node, NamedNode | BlankNode) else DefaultGraph()
