"""Files at a URL, wherever that is: whatever fsspec knows, and a sentence for what it does not."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import fsspec

from cdkd_kg.artifacts import canonical_json
from cdkd_kg.errors import ConfigError, MissingResourceError

_TELLING = ("ETag", "etag", "LastModified", "last_modified", "updated", "mtime", "modified", "created")
"""What storages call the sign that a file is another one now."""


def place_of(url: str, where: str) -> tuple[Any, str]:
    """Return the file system of a URL or folder, and the path in it.

    Args:
        url: such as ``s3://bucket/folder``, or a path of this machine.
        where: what names it.

    Raises:
        ConfigError: nobody knows such a URL.
        MissingResourceError: the package for it is not installed.
    """
    try:
        files, path = fsspec.core.url_to_fs(url)
    except (ImportError, OSError) as error:  # a package or library that it needs, such as s3fs or libjvm
        raise MissingResourceError(
            "a URL cannot be reached",
            where=f"{where}: {url}",
            why=str(error),
            remedy="install what that storage needs on this machine",
        ) from error
    except ValueError as error:
        raise ConfigError(
            "a URL is not known",
            where=f"{where}: {url}",
            why=str(error),
            remedy="give one such as s3://bucket/folder, or a path",
        ) from error
    return files, str(path)


def files_at(url: str, where: str) -> tuple[Any, list[str]]:
    """Return the file system of a URL, and the paths of the files that it names, which may be by a pattern, sorted.

    Raises:
        ConfigError: nobody knows such a URL.
        MissingResourceError: nothing is there, or the package for such URLs is not installed.
    """
    files, path = place_of(url, where)
    try:
        files.invalidate_cache()
        paths = sorted(name for name, info in files.glob(path, detail=True).items() if info["type"] == "file")
    except OSError as error:
        raise _nothing(url, where, str(error)) from error
    if not paths:
        raise _nothing(url, where, "no file has such a name")
    return files, paths


def identity_of(files: Any, path: str) -> str:
    """Return what tells a file from what it was before: what its storage says of it, else the SHA-256 of its bytes."""
    info = files.info(path)
    if known := {name: str(info[name]) for name in _TELLING if info.get(name) is not None}:
        return canonical_json(known | {"size": info.get("size")})
    digest = sha256()
    with files.open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _nothing(url: str, where: str, why: str) -> MissingResourceError:
    return MissingResourceError(
        "there is no such file", where=f"{where}: {url}", why=why, remedy="correct the URL, or see who may read it"
    )
