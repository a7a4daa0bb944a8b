"""Oxigraph, in this process: in memory, or in a folder that outlives it."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pyoxigraph import NamedNode, Quad, QueryResultsFormat, QuerySolutions, RdfFormat, Store, Variable

from cdkd_kg.artifacts import aside_of
from cdkd_kg.errors import GraphError
from cdkd_kg.graph.files import as_file
from cdkd_kg.graph.stores.port import GraphStore, Pattern, Query
from cdkd_kg.graph.stores.update import patch_update

_SMALL = 1 << 20
"""Bytes of RDF up to which a transaction is no slower than a bulk load (about 10,000 triples)."""
_LOCKED = "While lock file"
_LEFT = re.compile(r"bulk-\d+\.sst")


class OxigraphStore(GraphStore):
    """The default store.

    Every change is one transaction, so a process that is killed leaves the folder as before or as after.

    Args:
        folder: where the quads are kept; without it they are in memory.
        wait: seconds for which it waits for another process that has the folder open.

    Attributes:
        writes: how many changes were made; what was there already is no change.

    Raises:
        GraphError: another process has the folder open, or it is not such a folder.
    """

    def __init__(self, folder: Path | str | None = None, wait: float = 0.0) -> None:
        self._folder = None if folder is None else Path(folder)
        self._store = _open(self._folder, time.monotonic() + wait)
        self.writes = 0

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
        has = self._store.__contains__
        self.writes += any(map(has, set(removed) - kept)) or not all(map(has, kept))
        gone = [quad for quad in removed if quad not in kept]
        if not gone:
            self._store.extend(added)
            return
        self._store.update(patch_update(gone, added))

    def add(self, quads: Iterable[Quad]) -> None:
        """Add quads in one transaction."""
        quads = list(quads)
        self.writes += not all(quad in self._store for quad in quads)
        self._store.extend(quads)

    def load_triples(self, source: BinaryIO, graph: NamedNode) -> None:
        """Add N-Triples that have been checked to a named graph, all or none."""
        self._load(source, RdfFormat.N_TRIPLES, graph)

    def load_quads(self, source: BinaryIO) -> None:
        """Add N-Quads that have been checked, all or none."""
        self._load(source, RdfFormat.N_QUADS, None)

    def _load(self, source: BinaryIO, rdf_format: RdfFormat, graph: NamedNode | None) -> None:
        # A bulk load writes its files aside and takes them all in by one entry in RocksDB's manifest, so it is as whole
        # as a transaction, which needs several times its time and memory, but for a small file is the faster one.
        begin = source.read(_SMALL)
        if self._folder is not None and len(begin) == _SMALL:
            self.writes += 1
            self._store.bulk_load(as_file(_chained(begin, source)), format=rdf_format, to_graph=graph)
            return
        before = 0 if self._folder is None else len(self._store)
        self._store.load(as_file(_chained(begin, source)), format=rdf_format, to_graph=graph)
        self.writes += self._folder is None or len(self._store) > before

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

    def remove_folder(self) -> None:
        """Let go of the folder and remove it; it is out of the way before another process can open it."""
        assert self._folder is not None  # noqa: S101 - memory has none
        aside = self._folder.rename(aside_of(self._folder))
        del self._store
        shutil.rmtree(aside, ignore_errors=True)


def _open(folder: Path | None, end: float) -> Store:
    if folder is None:
        return Store()
    try:
        store = Store(str(folder))
    except (OSError, ValueError) as error:
        if _LOCKED in str(error) and time.monotonic() < end:
            time.sleep(0.05)
            return _open(folder, end)
        raise GraphError(
            "the graph store cannot be opened",
            where=str(folder),
            why=str(error),
            remedy="wait for the other process that has it open or asks it something, or check the folder",
        ) from error
    for left in folder.glob("bulk-*.sst"):  # of a bulk load that was killed: nobody else writes while it is open here
        if _LEFT.fullmatch(left.name):
            left.unlink(missing_ok=True)
    return store


def _chained(begin: bytes, rest: BinaryIO) -> Iterator[bytes]:
    yield begin
    while block := rest.read(_SMALL):
        yield block
