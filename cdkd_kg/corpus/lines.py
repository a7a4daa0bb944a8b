"""Lines of a file of any size: a line over the limit is streamed past and never held in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

BOM = b"\xef\xbb\xbf"
PREFIX = 800
"""Bytes that are kept of a line over the limit: at least 200 characters of UTF-8."""
BLOCK = 1 << 16


class Line(NamedTuple):
    """One physical line: what is before its end, and the end itself (LF, CRLF, or nothing).

    ``content`` holds the first 800 bytes only where ``size`` is over the limit; ``bom`` says that a
    byte order mark was cut off.
    """

    number: int
    content: bytes
    end: bytes
    size: int
    over: bool
    bom: bool


def read_lines(path: Path, max_bytes: int) -> Iterator[Line]:
    """Yield the lines of a file, ended by LF or CRLF, in memory bounded by ``max_bytes``."""
    with path.open("rb") as handle:
        number = 0
        while chunk := handle.readline(max_bytes + 2):
            number += 1
            size, tail = len(chunk), chunk[-2:]
            if not chunk.endswith(b"\n") and size == max_bytes + 2:
                rest, tail = _pass_rest(handle, tail)
                size += rest
            end = _end(tail)
            size -= len(end)
            content = chunk[:size]
            over = size > max_bytes
            bom = number == 1 and content.startswith(BOM)
            content = content.removeprefix(BOM) if bom else content
            yield Line(number, content[:PREFIX] if over else content, end, size, over, bom)


def _end(tail: bytes) -> bytes:
    return b"\r\n" if tail.endswith(b"\r\n") else b"\n" if tail.endswith(b"\n") else b""


def _pass_rest(handle: BinaryIO, tail: bytes) -> tuple[int, bytes]:
    """Read to the end of the line in blocks; return how many bytes that were, and the last two of the line."""
    size = 0
    while block := handle.readline(BLOCK):
        size += len(block)
        tail = (tail + block)[-2:]
        if block.endswith(b"\n"):
            break
    return size, tail
