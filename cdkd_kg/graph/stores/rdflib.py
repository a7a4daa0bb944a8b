"""A data set of rdflib as the store: for graphs that somebody already holds there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import rdflib
from pyoxigraph import NamedNode, Quad

from cdkd_kg.graph.rdflib_view import from_rdflib, term_to_rdflib, to_rdflib
from cdkd_kg.graph.stores.oxigraph import OxigraphStore
from cdkd_kg.graph.stores.port import GraphStore, Pattern, Query


class RdflibStore(GraphStore):
    """Quads in an ``rdflib.Dataset``, which stays the owner's to read and change.

    rdflib plans a query by the number of bound terms alone, so a join of typed nodes can take minutes; queries are
    therefore answered by a copy in Oxigraph, made anew for each, which suits graphs of some 50,000 quads.

    Args:
        dataset: rdflib's; a new one in memory where it is left out.
    """

    def __init__(self, dataset: rdflib.Dataset | None = None) -> None:
        self.dataset = rdflib.Dataset() if dataset is None else dataset

    def __len__(self) -> int:
        return sum(1 for _ in self.dataset.quads())

    def matching(self, pattern: Pattern) -> Iterator[Quad]:
        """Yield the quads that have the terms of a pattern."""
        *terms, name = (None if term is None else term_to_rdflib(term) for term in pattern)
        return from_rdflib(self.dataset, (*terms, None if name is None else self.dataset.graph(name)))

    def named_graphs(self) -> list[NamedNode]:
        """Return the named graphs that hold a quad, sorted."""
        names = {quad.graph_name for quad in from_rdflib(self.dataset)}
        return sorted((node for node in names if isinstance(node, NamedNode)), key=lambda node: node.value)

    def patch(self, removed: Iterable[Quad], added: Iterable[Quad]) -> None:
        """Remove quads, then add quads; both are read to the end before anything changes."""
        gone, new = self._contexts(removed), self._contexts(added)
        for quad in gone:
            self.dataset.remove(quad)
        for quad in new:
            self.dataset.add(quad)

    def select(self, query: Query) -> bytes:
        """Return the solutions as SPARQL 1.1 TSV."""
        return self._copy().select(query)

    def dump(self) -> bytes:
        """Return all quads as N-Quads."""
        return self._copy().dump()

    def _contexts(self, quads: Iterable[Quad]) -> list[tuple[Any, Any, Any, rdflib.Graph]]:
        return [(s, p, o, self.dataset.graph(name)) for s, p, o, name in to_rdflib(quads).quads()]

    def _copy(self) -> OxigraphStore:
        copy = OxigraphStore()
        copy.add(from_rdflib(self.dataset))
        return copy
