"""The bytes of an RDF file: unpacked, and never more than there may be, whole or line by line."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cdkd_kg.errors import GraphError, MissingResourceError

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAX_BYTES = 256 << 20
"""Of a file that is held in memory while it is read."""
MAX_JSON_BYTES = 32 << 20
"""Of JSON-LD: its parser keeps an object until it ends, in some fifteen times the space of the file."""
MAX_LINES_BYTES = 16 << 30
"""Of a file that is read line by line."""
MAX_RATIO, FREE_BYTES = 100, 64 << 20
"""Gzip packs RDF 5 to 50 times; what is over ``FREE_BYTES`` and over 100 times its archive was made to fill a disk."""
MAX_LITERAL = 1 << 20
MAX_LINE = 2 * MAX_LITERAL
MAX_IRI, MAX_PREFIX = 8 << 10, 2 << 10
"""Characters of an IRI, and of what is put before many: a short file repeats a long prefix without end."""
_BLOCK = 1 << 20


def read_bytes(path: Path, most: int | None = None) -> bytes:
    """Return what is in a file, unpacked where its name ends in ``.gz``.

    Raises:
        MissingResourceError: there is no such file.
        GraphError: it is over ``most`` bytes, ``MAX_BYTES`` where they are left out, or cannot be read.
    """
    return b"".join(_pieces(path, most or MAX_BYTES))


def read_lines(
    path: Path, longest: int = MAX_LINE, most: int = MAX_LINES_BYTES, free: int | None = None
) -> Iterator[bytes]:
    """Yield what is in a file in blocks of whole lines, unpacked where its name ends in ``.gz``.

    Raises:
        MissingResourceError: there is no such file.
        GraphError: a line is surely over ``longest`` bytes, the file is over ``most``, or cannot be read, or it
            is over ``free`` bytes (``FREE_BYTES`` where they are left out) and over ``MAX_RATIO`` times its archive.
    """
    rest, number = b"", 1
    for piece in _pieces(path, most, free):
        end = piece.rfind(b"\n") + 1
        first = piece.find(b"\n") if end else len(piece)
        if len(rest) + first > longest:
            raise GraphError(
                f"the line is over {longest >> 20} MiB", where=f"{path}, line {number}", remedy="shorten it"
            )
        if end:
            yield rest + piece[:end]
            number += piece.count(b"\n")
            rest = b""
        rest += piece[end:]
    if rest:
        yield rest


def as_file(blocks: Iterator[bytes]) -> BinaryIO:
    """Return blocks of bytes as a file, for parsers that read from files; what the iterator raises, it raises."""
    return io.BufferedReader(_Blocks(blocks), _BLOCK)


class _Blocks(io.RawIOBase):
    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        self._rest = self._rest or next(self._blocks, b"")
        part, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(part)] = part
        return len(part)


def digest(path: Path) -> str:
    """Return the SHA-256 of what is in a file, unpacked, as 64 hexadecimal digits."""
    found = hashlib.sha256()
    for piece in _pieces(path, MAX_LINES_BYTES):
        found.update(piece)
    return found.hexdigest()


def _pieces(path: Path, most: int, free: int | None = None) -> Iterator[bytes]:
    if not path.is_file():
        raise MissingResourceError("there is no such RDF file", where=str(path), remedy="correct the path")
    packed, total = path.suffix.lower() == ".gz", 0
    try:
        with gzip.open(path) if packed else path.open("rb") as handle:
            while piece := handle.read(_BLOCK):
                total += len(piece)
                if total > most:
                    raise GraphError(
                        f"the file is over {most >> 20:,} MiB" + " when unpacked" * packed,
                        where=str(path),
                        remedy="keep the part of the vocabulary that you need, or convert it to N-Triples",
                    )
                if packed and total > max(free or FREE_BYTES, MAX_RATIO * path.stat().st_size):
                    raise GraphError(
                        f"the archive unpacks to over {MAX_RATIO} times its size",
                        where=str(path),
                        why="RDF does not pack as well as that, so it may have been made to fill memory or disk",
                        remedy="unpack it yourself if you trust it",
                    )
                yield piece
    except (OSError, EOFError, zlib.error) as error:
        raise GraphError("the file cannot be read", where=str(path), why=str(error)) from error
