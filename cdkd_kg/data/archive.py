"""Members of wheels, source archives and tarballs, read without unpacking anything to disk."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from cdkd_kg.errors import ArtifactError, nearest

_ZIP = b"PK\x03\x04"


def read_members(archive: Path | bytes, wanted: Iterable[str], where: str) -> dict[str, bytes]:
    """Return members of a ``.zip``, ``.whl`` or ``.tgz`` by path, sorted.

    Args:
        archive: the file, or the bytes of an archive inside an archive.
        wanted: paths; one that ends in ``/`` stands for every file below it.
        where: what to call the archive in an error.

    Raises:
        ArtifactError: it is no archive, it is cut, or a wanted member is missing.
    """
    patterns = tuple(wanted)
    try:
        with io.BytesIO(archive) if isinstance(archive, bytes) else archive.open("rb") as handle:
            zipped = handle.read(len(_ZIP)) == _ZIP
            handle.seek(0)
            found = dict(sorted((_read_zip if zipped else _read_tar)(handle, patterns)))
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise ArtifactError("the archive cannot be read", where=where, why=str(error)) from error
    for pattern in patterns:
        if not any(_matches(member, (pattern,)) for member in found):
            raise ArtifactError(
                f"the archive has no {pattern!r}", where=where, why="it is not the version that was listed"
            )
    return found


def named(files: Mapping[str, bytes], suffix: str) -> bytes:
    """Return the one member whose path ends in ``suffix``.

    Raises:
        ArtifactError: there is none.
    """
    for member, content in files.items():
        if member.endswith(suffix):
            return content
    raise ArtifactError(f"no member {suffix!r}{nearest(suffix, files)}", where="manifest of fetchable sets")


def _matches(member: str, patterns: Iterable[str]) -> bool:
    return any(member.startswith(pattern) if pattern.endswith("/") else member == pattern for pattern in patterns)


def _read_zip(handle: BinaryIO, patterns: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(handle) as archive:
        for info in archive.infolist():
            if not info.is_dir() and _matches(info.filename, patterns):
                yield info.filename, archive.read(info)


def _read_tar(handle: BinaryIO, patterns: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=handle) as archive:
        for info in archive:
            member = archive.extractfile(info) if info.isfile() and _matches(info.name, patterns) else None
            if member is not None:
                yield info.name, member.read()
