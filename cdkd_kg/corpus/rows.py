"""What passes between the readers, the rules and the splits: a row as read, and a row that passed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cdkd_kg.errors import DataRefusedError, nearest


class Fault(NamedTuple):
    """Why a reader could not make sense of a row: the rule that it breaks, and one clause."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a file under the file's own column names; ``values`` is None where it cannot be read."""

    file: str
    line: int | str
    values: dict[str, Any] | None
    fault: Fault | None = None
    excerpt: str | bytes = ""
    bom: bool = False


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row under our names, not yet checked.

    ``text`` and ``pair``, its second part, are bytes where the reader leaves decoding to the check; ``pair`` is None
    where the source has no such column.
    """

    file: str
    line: int | str
    id: str | None
    text: Any
    label: Any
    split: str | None
    domain: str
    extra: dict[str, Any] = field(default_factory=dict)
    fault: Fault | None = None
    bom: bool = False
    pair: Any = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row that passed the rules.

    ``key`` is equal for texts that differ in white space alone; ``given_id`` says that the id is the
    data's own; ``labels`` is None where the row has no label; ``order`` is the place in reading order.
    """

    file: str
    line: int | str
    id: str
    given_id: bool
    text: str
    key: bytes
    labels: tuple[str, ...] | None
    split: str | None
    domain: str
    group: str | None
    order: int

    @property
    def place(self) -> str:
        """``file:line``, for messages."""
        return f"{self.file}:{self.line}"


def need_column(column: str, found: list[str], file: str) -> None:
    """Refuse a table that lacks a column.

    Raises:
        DataRefusedError: names the columns that are there and the nearest.
    """
    if column not in found:
        names = ", ".join(map(repr, found[:20]))
        raise DataRefusedError(
            f"there is no column {column!r}{nearest(column, found)}",
            where=file,
            why=f"the columns are {names}",
            remedy="rename it in the file, or in a configuration name it under 'columns' or 'where' of the source",
        )


def printable(text: str | bytes) -> str:
    """Return text that any terminal and any UTF-8 file can take: bad bytes and control characters escaped."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
