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
    if not path.is_file():
        raise MissingResourceError(
            f"there is no background vocabulary {name!r}{nearest(name, known)}",
            where=where,
            why=f"nor is there a file {path.absolute()}",
            remedy="give a vocabulary of `cdkd data list` or an RDF file",
        )
    return path
