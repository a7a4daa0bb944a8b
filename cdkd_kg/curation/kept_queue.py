"""The queue of a graph folder: of the texts that were read into it and, where a run is named, of what moved there."""

from __future__ import annotations

from pathlib import Path

from cdkd_kg.curation.queue import Queue
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.errors import ConfigError, MissingResourceError
from cdkd_kg.graph.breaches import kept_breaches
from cdkd_kg.graph.kept_mentions import kept_mentions, kept_texts
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph


def kept_queue(
    folder: Path, graph: KnowledgeGraph, run: Path | None = None, *, needed: bool = False
) -> tuple[Queue, dict[str, str]]:
    """Return the queue, and the texts by document identifier.

    Args:
        folder: of the graph.
        graph: what is in it.
        run: the folder of a run, whose teachers' disagreement says what is worth most.
        needed: whether there must be texts; else the queue of a graph without any has relations alone.

    Raises:
        MissingResourceError: texts are needed and there are none, or the run is not finished.
        ConfigError: the run is of other documents.
    """
    try:
        found, texts = kept_mentions(folder, graph), kept_texts(folder, graph)
    except MissingResourceError:
        if needed:
            raise
        found, texts = Extraction.joined([]), dict[str, str]()
    breaches = kept_breaches(folder)
    if run is None:
        return Queue(found, None, breaches), texts
    from cdkd_kg.curation.disagreement import disagreement  # with torch's libraries, which a queue does without

    moved = disagreement(run)
    if texts and not texts.keys() & moved.keys():
        raise ConfigError(
            "the run is of other documents than the graph",
            where=str(run),
            why="so it cannot say which of these are worth most",
            remedy="name a run with this graph, or none",
        )
    return Queue(found, moved, breaches), texts
