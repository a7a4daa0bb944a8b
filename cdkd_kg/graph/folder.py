"""A graph that lies in a folder: opened by one process at a time, changed whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cdkd_kg.artifacts import sweep, write_text
from cdkd_kg.errors import ConfigError, GraphError, MissingResourceError
from cdkd_kg.graph.decisions.as_rdf import FILE as DECIDED
from cdkd_kg.graph.decisions.settle import is_curated, settle
from cdkd_kg.graph.iris import GRAPH
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.stores.oxigraph import OxigraphStore

STORE, WRITTEN = "store", "written"
"""``written`` is made anew when the graph was changed by other means than decisions."""
_NAME = re.compile(r"[a-z0-9_-]{1,64}")


@contextmanager
def graph_folder(folder: Path | str, *, create: bool = False, wait: float = 0.0) -> Iterator[KnowledgeGraph]:
    """Open the graph of a folder; it is called as the folder is, and says what people decided on it.

    Args:
        folder: holds ``store/``, the quads as Oxigraph keeps them.
        create: make the folder where there is none; it goes again when the block fails before anything was added.
        wait: seconds for which it waits for another process that has it open.

    Raises:
        ConfigError: the folder's name cannot be that of a graph.
        MissingResourceError: there is no graph in it.
        GraphError: another process has it open, or its ``decisions.nq`` is refused.
    """
    folder = Path(folder)
    if folder.is_file():
        raise ConfigError(
            "this is a file, and not the folder of a graph",
            where=str(folder),
            remedy="bring it into one with `cdkd graph import FILE --graph FOLDER`",
        )
    name = folder.resolve().name
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be the name of a graph",
            where=str(folder),
            remedy="call the folder by small letters, digits, - and _, as in graphs/medicine",
        )
    if not create:
        need_graph(folder)
    made = [path for path in (folder / STORE, folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder, STORE)
    store = OxigraphStore(folder / STORE, wait)
    settled = store.writes
    try:
        graph = KnowledgeGraph(name, store)
        need_name(graph, folder)
        if is_curated(folder):
            settle(graph, folder)
        settled = store.writes
        yield graph
    except BaseException:
        if made and next(store.match(), None) is None:
            _undo(store, made[1:])
        else:
            _close(store, folder, settled)
        raise
    _close(store, folder, settled)


def _close(store: OxigraphStore, folder: Path, settled: int) -> None:
    """Let go of a graph, after telling those who look at it where it was written since it was ``settled``."""
    if store.writes != settled:
        write_text(folder / WRITTEN, "")
    store.close()


def need_graph(folder: Path) -> None:
    """Refuse a folder in which no graph is.

    Raises:
        MissingResourceError: saying how to make one.
    """
    if not (folder / STORE).is_dir():
        raise MissingResourceError(
            "there is no graph in this folder",
            where=str(folder),
            remedy="bring the graph of a run here with `cdkd curate begin CONFIG FOLDER`; these decisions stay"
            if (folder / DECIDED).is_file()
            else "make one with `cdkd graph import FILE --graph FOLDER`",
        )


def need_name(graph: KnowledgeGraph, folder: Path) -> None:
    """Refuse the folder of a graph that was made under another name, by which its own IRIs go.

    Raises:
        GraphError: saying what it is called.
    """
    heads = {node.value.removeprefix(GRAPH).partition("/")[0] for node in graph.store.named_graphs()}
    if heads and graph.name not in heads:
        raise GraphError(
            f"this is the graph {min(heads)!r}",
            where=str(folder),
            why="what it says is named after it, so its folder must be called so",
            remedy=f"rename the folder to {min(heads)}; `cdkd graph export` and `import` bring its content elsewhere",
        )


def _undo(store: OxigraphStore, folders: list[Path]) -> None:
    """Remove a graph that was made for what then failed, and the folders around it that were made and hold nothing."""
    store.remove_folder()
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()
