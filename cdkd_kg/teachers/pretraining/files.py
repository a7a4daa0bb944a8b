"""Triples as lines of a text file."""

from __future__ import annotations

import csv
from pathlib import Path

from cdkd_kg.errors import DataRefusedError, MissingResourceError

Row = tuple[str, str, str]


def read_rows(path: Path) -> list[Row]:
    """Return head, relation and tail of every line; ``.csv`` has commas, other suffixes tabs; blank lines are skipped.

    Raises:
        MissingResourceError: there is no such file.
        DataRefusedError: a line has not three fields that say something, or the file is not UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, delimiter="," if path.suffix.lower() == ".csv" else "\t", strict=True)
            return [_row(fields, f"{path}, line {reader.line_num}") for fields in reader if fields]
    except OSError as error:
        raise MissingResourceError(f"cannot read triples: {error.strerror}", where=str(path)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataRefusedError("the file is no table of triples", where=str(path), why=str(error)) from error


def _row(fields: list[str], where: str) -> Row:
    if len(fields) != 3 or not all(field.strip() for field in fields):
        raise DataRefusedError(
            f"a line has {len(fields)} fields" if len(fields) != 3 else "a field is empty",
            where=where,
            remedy="write head, relation and tail",
        )
    return fields[0], fields[1], fields[2]
