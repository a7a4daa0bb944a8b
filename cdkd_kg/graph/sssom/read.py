"""Mappings out of SSSOM/TSV: YAML in lines that begin with ``#``, then a table with one mapping a row.

Source: https://mapping-commons.github.io/sssom/spec-formats-tsv/. A file comes from outside: its size, lines and cells
are bounded, and every IRI is checked.
"""

from __future__ import annotations

import csv
import io
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from cdkd_kg.errors import nearest
from cdkd_kg.graph.files import MAX_LINE, MAX_LITERAL, read_bytes
from cdkd_kg.graph.namespaces import XSD
from cdkd_kg.graph.sssom.curies import expand
from cdkd_kg.graph.sssom.mappings import NEGATED, Record, Value
from cdkd_kg.graph.sssom.metadata import prefixes_in, read_metadata, refusal
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
    lines = _lines(path)
    head = list(takewhile(lambda line: line.startswith("#"), lines))
    metadata = read_metadata(head, path)
    prefixes = prefixes_in(metadata, path)
    rows = list(_rows(lines[len(head) :], len(head), path))
    shared = dict(_shared(metadata, {slot for _, row in rows for slot in row}, prefixes, f"{path}, metadata"))
    found: dict[NamedNode, int] = {}
    records = []
    for number, row in rows:
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


def _lines(path: Path) -> list[str]:
    """Return the lines of a file, with their ends."""
    data = read_bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        bad = data.count(b"\n", 0, error.start) + 1
        raise refusal("the file is not UTF-8", f"{path}, line {bad}", str(error)) from error
    lines = list(io.StringIO(text, newline="\n"))
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            raise refusal(f"the line is over {MAX_LINE >> 20} MiB", f"{path}, line {number}")
    return lines


def _rows(lines: Sequence[str], before: int, path: Path) -> Iterator[Row]:
    """Yield the line of every row, and its cells that are not empty, by slot."""
    header: list[str] = []
    for number, cells in _cells(lines, before, path):
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


def _cells(lines: Sequence[str], before: int, path: Path) -> list[tuple[int, list[str]]]:
    """Return the cells of every row that has any, and the line on which it begins."""
    limit = csv.field_size_limit(MAX_LITERAL)
    table = csv.reader(lines, delimiter="\t", strict=True)
    found, line = [], before + 1
    try:
        for cells in table:
            if cells:
                found.append((line, cells))
            line = before + table.line_num + 1
    except csv.Error as error:
        raise refusal("the table cannot be read", f"{path}, line {line}", str(error)) from error
    finally:
        csv.field_size_limit(limit)
    return found


def _header(cells: Sequence[str], where: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    if missing := [slot for slot in REQUIRED if slot not in header]:
        near = nearest(missing[0], header[: len(SLOTS)])
        raise refusal(f"there is no column {missing[0]}{near}", where, f"it has {', '.join(header)[:200]!r}")
    if twice := [name for name, number in Counter(header).items() if number > 1]:
        raise refusal(f"the column {twice[0][:100]!r} is there twice", where)
    if others := [name for name in header if name not in SLOTS]:
        logger.warning("%s: left out, as they are no slots of SSSOM: %s", where, ", ".join(others)[:500])
    return header


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
