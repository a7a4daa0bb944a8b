"""A data set of rdflib as the store: for graphs that somebody already holds there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import rdflib
from pyoxigraph import NamedNode, Quad
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID

from cdkd_kg.errors import GraphError
from cdkd_kg.graph.rdflib_view import as_quads, term_to_rdflib, to_rdflib
from cdkd_kg.graph.stores.oxigraph import OxigraphStore
from cdkd_kg.graph.stores.port import GraphStore, Pattern, Query


class RdflibStore(GraphStore):
    """Quads in an ``rdflib.Dataset``, which stays the owner's to read and change.

    rdflib plans a query by the number of bound terms alone, so a join of typed nodes can take minutes; queries are
    therefore answered by a copy in Oxigraph, made anew for each, which suits graphs of some 50,000 quads.

    Args:
        dataset: rdflib's; a new one in memory where it is left out. Every quad of it has IRIs for its nodes and lies
            in a named graph.

    Raises:
        GraphError: the data set holds a blank node, or a triple outside named graphs, now or when it is read later.
            ``KnowledgeGraph.from_rdflib`` takes a copy of such a data set.
    """

    def __init__(self, dataset: rdflib.Dataset | None = None) -> None:
        self.dataset = rdflib.Dataset() if dataset is None else dataset
        len(self)  # looks at each quad

    def __len__(self) -> int:
        return sum(1 for _ in self._held())

    def matching(self, pattern: Pattern) -> Iterator[Quad]:
        """Yield the quads that have the terms of a pattern."""
        terms = [None if term is None else term_to_rdflib(term) for term in pattern]
        return iter(as_quads(self._held(*terms)))

    def named_graphs(self) -> list[NamedNode]:
        """Return the named graphs that hold a quad, sorted."""
        return [NamedNode(name) for name in sorted({str(name) for *_, name in self._held()})]

    def patch(self, removed: Iterable[Quad], added: Iterable[Quad]) -> None:
        """Remove quads, then add quads; both are read to the end before anything changes."""
        gone, new = _terms(removed), _terms(added)
        for *triple, name in gone:
            self.dataset.remove((*triple, self.dataset.get_context(name)))  # graph(name) would make the graph
        for *triple, name in new:
            self.dataset.add((*triple, self.dataset.graph(name)))

    def select(self, query: Query) -> bytes:
        """Return the solutions as SPARQL 1.1 TSV."""
        return self._copy().select(query)

    def dump(self) -> bytes:
        """Return all quads as N-Quads."""
        return self._copy().dump()

    def _held(self, *pattern: Any) -> Iterator[tuple[Any, ...]]:
        *triple, name = pattern or (None, None, None, None)
        context = None if name is None else self.dataset.get_context(name)  # graph(name) would make the graph
        return map(_fitting, self.dataset.quads((*triple, context)))

    def _copy(self) -> OxigraphStore:
        copy = OxigraphStore()
        copy.add(self.match())
        return copy


def _terms(quads: Iterable[Quad]) -> list[tuple[Any, ...]]:
    return [_fitting(quad) for quad in to_rdflib(quads).quads()]


def _fitting(quad: tuple[Any, ...]) -> tuple[Any, ...]:
    outside = quad[3] in (None, DATASET_DEFAULT_GRAPH_ID)
    if outside or any(isinstance(term, rdflib.BNode) for term in quad):
        held = "lies outside named graphs" if outside else "holds a blank node"
        raise GraphError(
            f"a quad {held}: {' '.join(str(term) for term in quad if term is not None)[:200]}",
            where="rdflib.Dataset",
            why="the quads of a store are found again by the IRIs of their nodes and graphs",
            remedy="take a copy with KnowledgeGraph.from_rdflib, which gives them IRIs and a graph",
        )
    return quad
