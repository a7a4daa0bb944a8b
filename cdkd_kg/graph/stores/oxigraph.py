"""Oxigraph, in this process: in memory, or in a folder that outlives it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pyoxigraph import NamedNode, Quad, QueryResultsFormat, QuerySolutions, RdfFormat, Store, Variable

from cdkd_kg.artifacts import aside_of, sweep
from cdkd_kg.errors import GraphError
from cdkd_kg.graph.stores.port import GraphStore, Pattern, Query
from cdkd_kg.graph.stores.update import patch_update


class OxigraphStore(GraphStore):
    """The default store.

    Every change is one transaction, so a process that is killed leaves the folder as before or as after.

    Args:
        folder: where the quads are kept; without it they are in memory.

    Raises:
        GraphError: another process has the folder open, or it is not such a folder.
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        self._folder = None if folder is None else Path(folder)
        self._store = _open(self._folder)

    def __len__(self) -> int:
        return len(self._store)

    def matching(self, pattern: Pattern) -> Iterator[Quad]:
        """Yield the quads that have the terms of a pattern."""
        return self._store.quads_for_pattern(*pattern)

    def named_graphs(self) -> list[NamedNode]:
        """Return the named graphs that hold a quad, sorted."""
        names = (node for node in self._store.named_graphs() if isinstance(node, NamedNode))
        held = (node for node in names if next(self.match(graph=node), None) is not None)
        return sorted(held, key=lambda node: node.value)

    def patch(self, removed: Iterable[Quad], added: Iterable[Quad]) -> None:
        """Remove quads, then add quads, in one transaction."""
        added, removed = list(added), list(removed)
        kept = set(added)
        gone = [quad for quad in removed if quad not in kept]
        if not gone:
            self._store.extend(added)
            return
        self._store.update(patch_update(gone, added))

    def add(self, quads: Iterable[Quad]) -> None:
        """Add quads in one transaction."""
        self._store.extend(quads)

    def load_triples(self, source: BinaryIO, graph: NamedNode) -> None:
        """Add N-Triples that have been checked to a named graph, in one transaction.

        An empty folder gets a store that was filled beside it, which is several times faster than a transaction.
        """
        if self._folder is None or len(self._store):
            self._store.load(source, format=RdfFormat.N_TRIPLES, to_graph=graph)
            return
        aside = aside_of(self._folder)
        try:
            _fill(aside, source, graph)
            self.close()
            shutil.rmtree(self._folder)
            aside.rename(self._folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            if not hasattr(self, "_store"):
                self._store = _open(self._folder)

    def select(self, query: Query) -> bytes:
        """Return the solutions as SPARQL 1.1 TSV."""
        solutions = self._store.query(
            query.text,
            prefixes=dict(query.prefixes),
            default_graph=list(query.graphs) or None,
            use_default_graph_as_union=not query.graphs,
            named_graphs=list(query.named) or None,
            substitutions={Variable(name): value for name, value in query.bindings.items()},
        )
        assert isinstance(solutions, QuerySolutions)  # noqa: S101 - a Query is a SELECT
        return solutions.serialize(format=QueryResultsFormat.TSV) or b""

    def dump(self) -> bytes:
        """Return all quads as N-Quads."""
        return self._store.dump(format=RdfFormat.N_QUADS) or b""

    def close(self) -> None:
        """Let go of the folder."""
        self._store.flush()
        del self._store


def _open(folder: Path | None) -> Store:
    if folder is not None:
        sweep(folder.parent, folder.name)
    try:
        return Store() if folder is None else Store(str(folder))
    except (OSError, ValueError) as error:
        raise GraphError(
            "the graph store cannot be opened",
            where=str(folder),
            why=str(error),
            remedy="close the other process that has it open, or check the folder",
        ) from error


def _fill(folder: Path, source: BinaryIO, graph: NamedNode) -> None:
    store = Store(str(folder))
    store.bulk_load(source, format=RdfFormat.N_TRIPLES, to_graph=graph)
    store.flush()
