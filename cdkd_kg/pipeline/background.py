"""Background vocabularies of a configuration: fetched by name, or RDF files."""

from __future__ import annotations

from pathlib import Path

from cdkd_kg.artifacts import sha256_file
from cdkd_kg.config import GraphConfig
from cdkd_kg.data.manifest import identity, load_manifest
from cdkd_kg.errors import MissingResourceError, nearest


def background_files(config: GraphConfig) -> list[Path]:
    """Return the RDF file of every background vocabulary, in the order of the configuration."""
    return [background_file(name) for name in config.background]


def background_identity(config: GraphConfig) -> dict[str, str]:
    """Return what each background vocabulary is made from, as a digest."""
    known = load_manifest()
    return {name: identity(name) if name in known else sha256_file(background_file(name)) for name in config.background}


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
