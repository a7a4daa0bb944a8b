"""What is known before a text is read: vocabularies, fetched by name or RDF files, and what people decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cdkd_kg.artifacts import sha256_file, sha256_text
from cdkd_kg.config import GraphConfig
from cdkd_kg.data.manifest import identity, load_manifest
from cdkd_kg.errors import ConfigError, MissingResourceError, nearest

if TYPE_CHECKING:
    from cdkd_kg.graph.decisions.decision import Decision
    from cdkd_kg.graph.knowledge_graph import KnowledgeGraph

DECIDED = "graph.decisions"
"""The key of the digest of decisions, beside those of vocabularies."""


def background_graph(config: GraphConfig, decisions: Sequence[Decision]) -> KnowledgeGraph:
    """Return a graph in memory that says what the vocabularies say, and what follows from the decisions."""
    from cdkd_kg.graph.decisions.settle import lay
    from cdkd_kg.graph.knowledge_graph import KnowledgeGraph

    graph = KnowledgeGraph(config.name)
    graph.load_background(background_files(config))
    lay(graph, decisions)
    return graph


def decisions_of(config: GraphConfig, planned: Mapping[str, str] | None = None) -> list[Decision]:
    """Return the decisions that a run knows, those that were undone among them, by time.

    Args:
        config: of the graph.
        planned: what :func:`background_identity` said when the run was planned, if it was.

    Raises:
        MissingResourceError: ``graph.decisions`` names none.
        ConfigError: somebody decided since.
    """
    if config.decisions is None:
        return []
    from cdkd_kg.graph.decisions.settle import decisions_at

    found = decisions_at(config.decisions)
    if planned is not None and planned[DECIDED] != _digest(found):
        raise ConfigError(
            "somebody decided on the graph since this run began",
            where=f"graph.decisions: {config.decisions}",
            why="a part of the run would know what another part does not",
            remedy="run it again; or let graph.decisions name a decisions.nq that nobody changes meanwhile",
        )
    return found


def _digest(decisions: Iterable[Decision]) -> str:
    return sha256_text("\n".join(one.id for one in decisions))


def background_files(config: GraphConfig) -> list[Path]:
    """Return the RDF file of every background vocabulary, in the order of the configuration."""
    return [background_file(name) for name in config.background]


def background_identity(config: GraphConfig) -> dict[str, str]:
    """Return what each background vocabulary is made from, and which decisions hold, as digests."""
    known = load_manifest()
    files = {
        name: identity(name) if name in known else sha256_file(background_file(name)) for name in config.background
    }
    if config.decisions is None:
        return files
    return files | {DECIDED: _digest(decisions_of(config))}


def background_file(name: str, where: str = "graph.background") -> Path:
    """Return the RDF file of a vocabulary: one of `cdkd data list`, fetched where need be, or a path.

    Raises:
        MissingResourceError: it is neither; ``where`` says who asked.
    """
    known = load_manifest()
    if name in known:
        from cdkd_kg.data.vocabularies import vocabulary_file

        return vocabulary_file(name)
    path = Path(name)
    if path.is_file():
        return path
    beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    raise MissingResourceError(
        f"there is no file {name}{nearest(path.name, [*known, *beside], 0.75)}",
        where=where,
        why="it is a folder"
        if path.is_dir()
        else f"nor a vocabulary that is called so; files are sought in {Path.cwd()}",
        remedy="give an RDF file, or a vocabulary of `cdkd data list`",
    )
