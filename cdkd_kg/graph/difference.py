"""What one revision of a graph says that another does not."""

from __future__ import annotations

from pathlib import Path

from cdkd_kg.graph.folder import STORE, graph_folder
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph


def difference(old: Path | str, new: Path | str) -> tuple[list[str], list[str]]:
    """Return the N-Quads lines that are in ``old`` alone and in ``new`` alone, sorted.

    The two may be called differently: named graphs are compared by what follows the name.

    Args:
        old: a graph folder, or a file of RDF.
        new: likewise.
    """
    (before, name), (after, other) = (_lines(Path(path)) for path in (old, new))
    mine, theirs = (f" <urn:cdkd:graph:{one}/" for one in (name, other))
    renamed = {line.replace(theirs, mine) for line in after}
    return sorted(before - renamed), sorted(renamed - before)


def _lines(path: Path) -> tuple[set[str], str]:
    if (path / STORE).is_dir():
        with graph_folder(path) as graph:
            return set(graph.to_bytes().decode().splitlines()), graph.name
    graph = KnowledgeGraph.load(path)
    return set(graph.to_bytes().decode().splitlines()), graph.name
