"""What one revision of a graph says that another does not."""

from __future__ import annotations

import re
from pathlib import Path

from cdkd_kg.graph.folder import STORE, graph_folder
from cdkd_kg.graph.iris import GRAPH
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph


def difference(old: Path | str, new: Path | str) -> tuple[list[str], list[str]]:
    """Return the N-Quads lines that are in ``old`` alone and in ``new`` alone, sorted.

    The two may be called differently, and the proposals be of different runs: what is compared is said in the words of
    ``new``. A file without named graphs has no name, and takes that of the other.

    Args:
        old: a graph folder, or a file of RDF.
        new: likewise.
    """
    before, after = (_opened(Path(path)) for path in (old, new))
    name = after.name if _is_named(after) else before.name
    runs = [_runs(graph) for graph in (before, after)]
    run = runs[1][0] if len(runs[0]) == len(runs[1]) == 1 else None
    mine, theirs = ({_in_words(line, name, run) for line in _lines(graph)} for graph in (before, after))
    return sorted(mine - theirs), sorted(theirs - mine)


def _opened(path: Path) -> KnowledgeGraph:
    """Return a graph in memory, so that both may lie in one folder."""
    if not (path / STORE).is_dir() and path.is_file():
        return KnowledgeGraph.load(path)
    with graph_folder(path) as graph:
        copy = KnowledgeGraph(graph.name)
        copy.add_own(graph)
    return copy


def _is_named(graph: KnowledgeGraph) -> bool:
    return graph.name != KnowledgeGraph().name


def _runs(graph: KnowledgeGraph) -> list[str]:
    prefix = graph.proposed("").value
    return [node.value.removeprefix(prefix) for node in graph.visible() if node.value.startswith(prefix)]


def _lines(graph: KnowledgeGraph) -> list[str]:
    return [line.decode() for line in graph.to_bytes().split(b"\n") if line]


def _in_words(line: str, name: str, run: str | None) -> str:
    """Return a line with the name of a graph in its last term, and of a run in IRIs, replaced."""
    place = line.rindex(" <")
    statement, graph = line[:place], re.sub(rf"<{GRAPH}[^/>]+/", f"<{GRAPH}{name}/", line[place:])
    if run is None:
        return statement + graph
    graph = re.sub(r"/proposed/[^>]+>", f"/proposed/{run}>", graph)
    proposed = f"<{GRAPH}{name}/proposed/{run}>"
    statement = re.sub(rf"<{GRAPH}[^/>]+/proposed/[^>]+>", proposed, statement)
    return re.sub(r"<urn:cdkd:run:[^/>]+", f"<urn:cdkd:run:{run}", statement) + graph
