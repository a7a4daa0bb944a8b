"""Mappings out of SSSOM/TSV: YAML in lines that begin with ``#``, then a table with one mapping a row.

Source: https://mapping-commons.github.io/sssom/spec-formats-tsv/. A file comes from outside: its size, rows and cells
are bounded, and every IRI is checked. It is read row by row, so that no more than its mappings is ever held.
"""

from __future__ import annotations

import csv
import io
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from cdkd_kg.errors import nearest
from cdkd_kg.graph.files import MAX_LINE, MAX_LITERAL, read_lines
from cdkd_kg.graph.namespaces import XSD
from cdkd_kg.graph.sssom.curies import expand
from cdkd_kg.graph.sssom.mappings import NEGATED, Record, Value
from cdkd_kg.graph.sssom.metadata import MAX_METADATA, prefixes_in, read_metadata, refusal
from cdkd_kg.graph.sssom.slots import (
    DATES,
    EXPORTED,
    IRIS,
    MANY,
    NO_LICENSE,
    NUMBERS,
    REQUIRED,
    SHARED,
    SLOTS,
    TRIPLE,
)  # fmt: skip

logger = logging.getLogger(__name__)

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_PIECE = re.compile(r"(?:[^\\|]|\\.|\\\Z)+", re.DOTALL)
Row = tuple[int, dict[str, str]]
MAX_SSSOM_BYTES, FREE_BYTES = 64 << 20, 1 << 20
"""Of mappings, and of those in an archive however well it is packed: they are read slowly, and held in memory."""


def is_sssom(path: Path) -> bool:
    """Say whether a file is SSSOM/TSV by its name; ``.gz`` is looked through."""
    return path.name.lower().removesuffix(".gz").endswith(".sssom.tsv")


def read_sssom(path: Path) -> list[Record]:
    """Read a file of mappings.

    What the file says once for all its mappings is said of each; the set it is (``mapping_set_id``) becomes the source
    of each (``mapping_source``). Columns that are no slots of SSSOM are left out.

    Raises:
        MissingResourceError: there is no such file.
        GraphError: the file is refused; the message names the file, the line where it is known, and why.
    """
    metadata = read_metadata(_head(path), path)
    prefixes = prefixes_in(metadata, path)
    # Which slots the rows fill is asked of the whole file only where the head fills some of them for all.
    contested = set(metadata) & set(_columns(path))
    used = {slot for _, row in _rows(path) for slot in row} if contested else set()
    shared = dict(_shared(metadata, used, prefixes, f"{path}, metadata"))
    found: dict[NamedNode, int] = {}
    records = []
    for number, row in _rows(path):
        record = _record(row, shared, prefixes, f"{path}, line {number}")
        first = found.setdefault(record.node, number)
        if first != number:
            raise refusal("a mapping is there twice", f"{path}, line {number}", f"line {first} says the same")
        records.append(record)
    return records


def split(text: str) -> list[str]:
    r"""Return the values in a cell of several: they are separated by ``|``, and ``\|`` and ``\\`` stand for themselves.

    Example:
        >>> split(r"a|b\|c")
        ['a', 'b|c']
    """
    return [re.sub(r"\\([\\|])", r"\1", piece) for piece in _PIECE.findall(text)]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file, numbered, with their ends."""
    number = 1
    for block in read_lines(path, most=MAX_SSSOM_BYTES, free=FREE_BYTES):
        try:
            text = block.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            bad = number + block.count(b"\n", 0, error.start)
            raise refusal("the file is not UTF-8", f"{path}, line {bad}", str(error)) from error
        for line in io.StringIO(text, newline="\n"):
            yield number, line
            number += 1


def _head(path: Path) -> list[str]:
    """Return the lines at the head of a file that begin with ``#``."""
    head, size = [], 0
    for _, line in _lines(path):
        if not line.startswith("#"):
            break
        head.append(line)
        size += len(line)
        if size > MAX_METADATA:
            raise refusal(f"the metadata are over {MAX_METADATA >> 10} KiB", str(path))
    return head


def _rows(path: Path) -> Iterator[Row]:
    """Yield the line of every row, and its cells that are not empty, by slot."""
    header: list[str] = []
    for number, cells in _cells(path):
        where = f"{path}, line {number}"
        if not header:
            header = _header(cells, where)
            continue
        if len(cells) != len(header):
            raise refusal(f"the row has {len(cells)} cells, the header {len(header)}", where)
        row = {slot: cell for slot, cell in zip(header, cells, strict=True) if cell and slot in SLOTS}
        if missing := [slot for slot in REQUIRED if not row.get(slot, "").strip()]:
            raise refusal(f"{missing[0]} is empty", where, "a mapping ties two things and says how it was found")
        yield number, row
    if not header:
        raise refusal("the file has no table", str(path))


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of every row that has any, and the line on which it begins."""
    begin, size = 0, 0

    def fed() -> Iterator[str]:
        nonlocal begin, size
        for number, line in dropwhile(lambda numbered: numbered[1].startswith("#"), _lines(path)):
            begin, size = begin or number, size + len(line)
            if size > MAX_LINE:  # one row of many lines would be held whole, and empty lines have no end
                raise refusal(
                    f"the row, with what is empty before it, is over {MAX_LINE >> 20} MiB", f"{path}, line {begin}"
                )
            yield line

    table = csv.reader(fed(), delimiter="\t", strict=True)
    try:
        while (cells := _next(table)) is not None:
            if cells:
                yield begin, cells
                size = 0
            begin = 0
    except csv.Error as error:
        raise refusal("the table cannot be read", f"{path}, line {begin}", str(error)) from error


def _next(table: Iterator[list[str]]) -> list[str] | None:
    limit = csv.field_size_limit(MAX_LITERAL)  # of the whole process, so it is given back at once
    try:
        return next(table, None)
    finally:
        csv.field_size_limit(limit)


def _header(cells: Sequence[str], where: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    if missing := [slot for slot in REQUIRED if slot not in header]:
        near = nearest(missing[0], header[: len(SLOTS)])
        raise refusal(f"there is no column {missing[0]}{near}", where, f"it has {', '.join(header)[:200]!r}")
    if twice := [name for name, number in Counter(header).items() if number > 1]:
        raise refusal(f"the column {twice[0][:100]!r} is there twice", where)
    return header


def _columns(path: Path) -> list[str]:
    """Return the columns of the table, and warn of those that are no slots."""
    for number, cells in islice(_cells(path), 1):
        where = f"{path}, line {number}"
        header = _header(cells, where)
        if others := [name for name in header if name not in SLOTS]:
            logger.warning("%s: left out, as they are no slots of SSSOM: %s", where, ", ".join(others)[:500])
        return header
    return []


def _shared(
    metadata: Mapping[str, Any], used: set[str], prefixes: Mapping[str, str], where: str
) -> Iterator[tuple[str, set[Value]]]:
    """Yield what is said once for all mappings; what any of them says itself is not shared."""
    source = metadata.get("mapping_set_id")
    said = {slot: metadata[slot] for slot in SHARED if metadata.get(slot)}
    if isinstance(source, str) and not source.startswith(EXPORTED):
        said["mapping_source"] = source
    if said.get("license") == NO_LICENSE:
        del said["license"]
    for slot in sorted(set(said) - used):
        texts = said[slot] if isinstance(said[slot], list) and slot in MANY else [said[slot]]
        if not all(isinstance(text, str) for text in texts):
            raise refusal(f"{slot} is no text", where)
        yield slot, {_value(slot, text, prefixes, f"{where}, {slot}") for text in texts}


def _record(
    row: Mapping[str, str], shared: Mapping[str, set[Value]], prefixes: Mapping[str, str], where: str
) -> Record:
    said = dict(shared)
    for slot, cell in row.items():
        texts = split(cell) if slot in MANY else [cell]
        said[slot] = {_value(slot, text, prefixes, f"{where}, {slot}") for text in texts}
    subject, predicate, target = (said.pop(slot).pop() for slot in TRIPLE)
    return Record.of(Triple(subject, predicate, target), said)  # type: ignore[arg-type]


def _value(slot: str, text: str, prefixes: Mapping[str, str], where: str) -> Value:
    if slot in IRIS:
        return expand(text.strip(), prefixes, where)
    if slot in NUMBERS:
        return Literal(_number(text.strip(), where))
    if slot in DATES:
        return Literal(_date(text.strip(), where), datatype=XSD.date)
    if slot == "predicate_modifier" and text != NEGATED.value:
        raise refusal(f"the predicate_modifier {text[:100]!r} is unknown", where, "the only one there is is 'Not'")
    return Literal(text)


def _number(text: str, where: str) -> float:
    number = float(text) if _NUMBER.fullmatch(text) else -1.0
    if not 0 <= number <= 1:
        raise refusal(f"{text[:100]!r} is no number from 0 to 1", where)
    return number + 0.0  # -0 is 0


def _date(text: str, where: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise refusal(f"{text[:100]!r} is no date", where, "a date is written as 2022-05-02") from error
