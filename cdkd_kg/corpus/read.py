"""Rows of a domain from wherever its source is, under our column names, in the order of the source."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from cdkd_kg.config import DomainConfig, SourceConfig
from cdkd_kg.corpus.read_csv import read_csv
from cdkd_kg.corpus.read_folder import read_folder
from cdkd_kg.corpus.read_jsonl import read_jsonl
from cdkd_kg.corpus.rows import RawRow, Record, need_column
from cdkd_kg.errors import ConfigError, MissingResourceError

Ours = Literal["id", "text", "text_pair", "label", "split", "domain"]
OURS: tuple[Ours, ...] = ("id", "text", "text_pair", "label", "split", "domain")
GROUP = "group"
"""Rows with the same value in this column go to the same split when splits are drawn."""


def read_rows(domain: str, config: DomainConfig, max_line_bytes: int = 1 << 20) -> Iterator[RawRow]:
    """Yield every row of a domain, also those that cannot be used (with a fault).

    Where ``columns`` names a ``domain`` column, the rows whose value there is the domain's name are its rows.

    Raises:
        MissingResourceError: there is no such file, folder or data set.
        ConfigError: the file is of no kind that can be read.
        DataRefusedError: the whole file cannot be read.
    """
    source = config.source
    names: dict[str, str] = {ours: source.columns.get(ours, ours) for ours in OURS}
    where = dict(source.where)
    if "domain" in source.columns:
        where[source.columns["domain"]] = domain
    needed = {names["text"], *where, *source.columns.values()}
    bom = False
    for record in insist(_records(domain, source, names, needed, max_line_bytes), needed):
        bom = bom or record.bom
        if record.values is None or all(plain(record.values.get(key)) == value for key, value in where.items()):
            yield to_raw_row(replace(record, bom=bom), domain, names)
            bom = False


def to_raw_row(record: Record, domain: str, names: dict[str, str]) -> RawRow:
    """Put a record under our names; what is not one of our columns goes to ``extra``."""
    values = record.values
    if values is None:
        return RawRow(record.file, record.line, None, record.excerpt, None, None, domain, {}, record.fault, record.bom)
    taken = set(names.values())
    extra = {key: value for key, value in values.items() if key not in taken}
    text = values.get(names["text"]) if record.fault is None else values.get(names["text"], record.excerpt)
    return RawRow(
        file=record.file,
        line=record.line,
        id=plain(values.get(names["id"])) or None,
        text=text,
        label=values.get(names["label"]),
        split=plain(values.get(names["split"])) or None,
        domain=domain,
        extra=extra,
        fault=record.fault,
        bom=record.bom,
        pair=_second(values, names["text_pair"]),
    )


def _second(values: dict[str, Any], column: str) -> Any:
    """Return the second part of a text; an empty one where there is such a column and nothing in it."""
    if column not in values:
        return None
    return "" if plain(values[column]) is None else values[column]


def _records(
    domain: str, source: SourceConfig, names: dict[str, str], needed: set[str], limit: int
) -> Iterator[Record]:
    if source.name is not None:
        return _read_named(source.name)
    columns = {*names.values(), *needed, GROUP}
    if source.hub is not None:
        from cdkd_kg.corpus.read_hub import read_hub

        return read_hub(source, columns, needed)
    if source.url is not None:
        from cdkd_kg.corpus.read_parquet import read_url

        return read_url(source.url, f"corpus.domains.{domain}.source.url", columns, needed)
    return read_path(local_path(domain, source), columns, needed, limit)


def insist(records: Iterator[Record], needed: set[str]) -> Iterator[Record]:
    """Pass records on, and refuse the source at its end when a needed column was in none of them."""
    missing, file = set(needed), ""
    found: list[str] = []
    for record in records:
        if missing and record.values:
            found, file = found or list(record.values), record.file
            missing -= record.values.keys()
        yield record
    if found:
        for column in sorted(missing):
            need_column(column, found, file)


def local_path(domain: str, source: SourceConfig) -> Path:
    """Return the path of a domain's source that has one.

    Raises:
        MissingResourceError: nothing is there.
    """
    path = Path(source.path or "")
    if not path.exists():
        raise MissingResourceError(
            "there is no such file or folder",
            where=f"corpus.domains.{domain}.source.path: {source.path}",
            why=f"{path.absolute()} was looked for",
            remedy="correct the path; one that does not begin with / counts from the folder you are in",
        )
    return path


def read_path(path: Path, columns: set[str], needed: set[str], limit: int) -> Iterator[Record]:
    """Yield the records of a file or folder, by its suffix."""
    suffix = path.suffix.lower()
    if path.is_dir():
        return read_folder(path, limit)
    if suffix == ".csv":
        return read_csv(path, limit)
    if suffix in (".jsonl", ".ndjson"):
        return read_jsonl(path, limit)
    if suffix == ".parquet":
        from cdkd_kg.corpus.read_parquet import read_parquet

        return read_parquet(path, columns, needed)
    raise ConfigError(
        f"files of kind {suffix!r} cannot be read", where=str(path), remedy="give .csv, .jsonl, .parquet or a folder"
    )


def _read_named(name: str) -> Iterator[Record]:
    from cdkd_kg.data.corpora import read_corpus

    for row in read_corpus(name):
        values: dict[str, Any] = dict(row)
        yield Record(name, values.pop("_line", ""), values)


def plain(value: Any) -> str | None:
    """A cell as a string: None and NaN are None, bytes keep their bad bytes as lone surrogates."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return str(value)
