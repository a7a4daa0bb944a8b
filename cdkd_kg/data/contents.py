"""From a name to the files of its archive that are read."""

from __future__ import annotations

from pathlib import Path

from cdkd_kg.data.archive import read_members
from cdkd_kg.data.fetch import fetch
from cdkd_kg.data.manifest import find, load_manifest
from cdkd_kg.errors import MissingResourceError


def contents(name: str, kind: str, manifest: Path | None = None) -> dict[str, bytes]:
    """Return the listed members of a set by path, fetching it where the cache lacks it.

    Raises:
        MissingResourceError: there is no such set, it is of another kind, or it cannot be fetched.
        ArtifactError: the archive is not the listed one.
    """
    entry = find(name, manifest)
    if entry.kind != kind:
        others = ", ".join(other.name for other in load_manifest(manifest).values() if other.kind == kind)
        raise MissingResourceError(f"{name!r} is a {entry.kind}, not a {kind}", remedy=f"sets of that kind: {others}")
    return read_members(fetch(name, manifest), entry.members, entry.file)
