"""CSV with line numbers: one broken row costs that row alone, never the rest of the file."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from cdkd_kg.corpus.lines import Line, read_lines
from cdkd_kg.corpus.rows import Fault, Record
from cdkd_kg.errors import DataRefusedError


def read_csv(path: Path, max_line_bytes: int) -> Iterator[Record]:
    """Yield the rows of a comma-separated file whose first line names the columns.

    A quoted cell may span lines. Where a quote is never closed, the line that opens it is set aside and
    reading goes on at the next line. An empty cell is None, as CSV has no other way to say so; blank lines
    are no rows.

    Raises:
        DataRefusedError: the file is empty, its first line cannot be read or names a column twice, or its cells are
            not separated by commas.
    """
    feed = _Feed(path, max_line_bytes)
    header, bom = _header(feed)
    while (record := feed.next_record()) is not None:
        lines, cells, fault = record
        if not cells and fault is None:
            continue
        number, excerpt = lines[0].number, b"\n".join(line.content for line in lines)
        if fault is None and len(cells) != len(header):
            fault = Fault("broken-row", f"the row has {len(cells)} cells, the header has {len(header)}")
            cells = []
        values = dict(zip(header, (cell if cell.strip() else None for cell in cells), strict=True)) if cells else None
        yield Record(str(path), number, values, fault, excerpt, bom)
        bom = False


class _Feed:
    """Physical lines that can be given back, grouped into the records of the csv module."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path, self.max_bytes = path, max_bytes
        self.lines = read_lines(path, max_bytes)
        self.back: deque[Line] = deque()

    def next_record(self) -> tuple[list[Line], list[str], Fault | None] | None:
        """Return the lines of the next record, its cells, and what is wrong with it; None at the end."""
        used: list[Line] = []
        limit = csv.field_size_limit(self.max_bytes + 2)
        try:
            cells = next(csv.reader(self._pull(used), strict=True))
        except StopIteration:
            return None
        except csv.Error as error:
            self.back.extendleft(reversed(used[1:]))
            return used[:1], [], self._fault(used, str(error))
        finally:
            csv.field_size_limit(limit)
        return used, cells, utf8_fault(used)

    def _pull(self, used: list[Line]) -> Iterator[str]:
        size = 0
        while (line := self.back.popleft() if self.back else next(self.lines, None)) is not None:
            used.append(line)
            size += line.size
            if line.over or size > self.max_bytes:
                raise csv.Error("the row is too long")
            yield (line.content + line.end).decode("utf-8", "surrogateescape")

    def _fault(self, used: list[Line], reason: str) -> Fault:
        if used[0].over:
            return Fault("line-too-long", f"the line has {used[0].size} bytes, the limit is {self.max_bytes}")
        if "unexpected end" in reason or "too long" in reason:
            reason = "a quote is opened here and not closed"
        return Fault("broken-row", reason)


def _header(feed: _Feed) -> tuple[list[str], bool]:
    record = feed.next_record()
    if record is None:
        remedy = "give a file whose first line names the columns, with the rows below it"
        raise DataRefusedError("the file is empty", where=str(feed.path), remedy=remedy)
    lines, cells, fault = record
    reason = fault.reason if fault else ""
    if lines[0].content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        reason = "the file is UTF-16, not UTF-8"
    header = [cell.strip() for cell in cells]
    if not reason and len(set(header)) < len(header):
        reason = "a column is named twice"
    if not header and not reason:
        reason = "the line is blank"
    if not reason and len(header) == 1 and (other := _separator(header[0])):
        raise DataRefusedError(
            f"the separator seems to be {other}",
            where=f"{feed.path}:1",
            why="the first line has no comma",
            remedy="save the file with commas between the cells",
        )
    if reason:
        raise DataRefusedError("the header cannot be read", where=f"{feed.path}:1", why=reason, remedy="correct line 1")
    return header, lines[0].bom


def _separator(header: str) -> str:
    return next((name for sign, name in ((";", "';'"), ("\t", "a tab"), ("|", "'|'")) if sign in header), "")


def utf8_fault(lines: list[Line]) -> Fault | None:
    """Name the first byte that is not UTF-8, counted from 0 in its line."""
    for line in lines:
        try:
            line.content.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = f"byte {error.start} of line {line.number} is 0x{line.content[error.start]:02x}"
            return Fault("bad-utf8", f"the row is not UTF-8: {byte} ({error.reason})")
    return None
