"""The graph of a folder as those see it who decide on it: read at leisure, while others decide and build."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdkd_kg.artifacts import aside_of, sweep
from cdkd_kg.errors import GraphError
from cdkd_kg.graph.decisions.decision import Decision, Draft, moment
from cdkd_kg.graph.decisions.log import LOG, DecisionLog, Entry
from cdkd_kg.graph.decisions.settle import add, pull, show
from cdkd_kg.graph.folder import STORE, graph_folder, need_graph, need_name
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.stores.copies import linked, unwritten
from cdkd_kg.graph.stores.oxigraph import OxigraphStore

WAIT = 30.0
"""Seconds for which a copy waits until nobody writes the graph."""


class WorkingCopy:
    """A graph with the decisions on it.

    Attributes:
        graph: says what follows from the entries of the log up to ``seen``.
        log: of the decisions; what goes into it is kept, whatever becomes of the copy.
        entries: of the log that the graph knows, by number.
    """

    def __init__(self, graph: KnowledgeGraph, log: DecisionLog) -> None:
        self.graph, self.log, self.entries = graph, log, log.entries()
        show(graph, self.decisions)

    @property
    def seen(self) -> int:
        """The number of the newest entry that the graph knows; 0 where there is none."""
        return self.entries[-1].number if self.entries else 0

    @property
    def decisions(self) -> list[Decision]:
        """The decisions that the graph knows, by number."""
        return [entry.decision for entry in self.entries]

    def refresh(self) -> None:
        """Take in what was decided since, by others too."""
        fresh = self.log.entries(since=self.seen)
        newest = max((moment(entry.decision.at) for entry in self.entries), default="")
        self.entries += fresh
        if all(newest < moment(entry.decision.at) and not entry.decision.what.undoes for entry in fresh):
            for entry in fresh:
                add(self.graph, entry.decision)
        else:  # one is undone, or is older than what was known: what was said last may be another
            show(self.graph, self.decisions)

    def decide(self, draft: Draft, who: str, why: str = "", *, seen: int | None = None) -> Entry:
        """Record a decision, and let the graph say it.

        Args:
            draft: what is decided.
            who: decides.
            why: in their words.
            seen: the number of the newest entry that they could have seen; what this copy knows where it is left out.

        Raises:
            ConflictError: somebody decided about the same since.
            DataRefusedError: it cannot be undone.
        """
        entry = self.log.append(draft, who, why, seen=self.seen if seen is None else seen)
        self.refresh()
        return entry


@contextmanager
def working_copy(folder: Path | str) -> Iterator[WorkingCopy]:
    """Give a copy of the graph of a folder, made of hard links; the graph itself is left as it is.

    Whoever opens the graph next (:func:`~cdkd_kg.graph.folder.graph_folder`) has it say what was decided.

    Raises:
        MissingResourceError: there is no graph in the folder.
        GraphError: another process has been writing the graph for 30 s, or ``decisions.nq`` is refused.
    """
    folder = Path(folder)
    need_graph(folder)
    if not (folder / LOG).exists():
        DecisionLog(folder).begin()
        with graph_folder(folder, wait=WAIT):
            pass  # what was accepted and rejected before becomes the first decision
    log = DecisionLog(folder)
    pull(log, folder)
    sweep(folder, STORE)
    aside = aside_of(folder / STORE)
    try:
        with unwritten(folder / STORE, WAIT) as still:
            if not still:
                raise GraphError(
                    "another process is writing the graph", where=str(folder), remedy="try again when it is done"
                )
            if not linked(folder / STORE, aside):
                raise GraphError(
                    "the graph cannot be copied",
                    where=str(folder),
                    why="hard links cannot be made, or the disk cannot be written",
                    remedy="move the graph to a disk that has them",
                )
        graph = KnowledgeGraph(folder.resolve().name, OxigraphStore(aside))
        need_name(graph, folder)
        yield WorkingCopy(graph, log)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
