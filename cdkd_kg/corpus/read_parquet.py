"""Parquet in batches; the row number, counted from 1, stands for the line."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Features

from cdkd_kg.corpus.features import records
from cdkd_kg.corpus.rows import Record, need_column
from cdkd_kg.corpus.urls import files_at
from cdkd_kg.errors import DataRefusedError

BATCH = 512


def read_parquet(path: Path, columns: Collection[str], needed: Collection[str]) -> Iterator[Record]:
    """Yield the rows of a Parquet file.

    Args:
        path: the file.
        columns: which columns to read, where they are there.
        needed: which of them must be there.

    Raises:
        DataRefusedError: the file is not Parquet, or lacks a needed column.
    """
    return _rows(path, str(path), columns, needed)


def read_url(url: str, where: str, columns: Collection[str], needed: Collection[str]) -> Iterator[Record]:
    """Yield the rows of the Parquet files at a URL, one file after another.

    Args:
        url: of a file, or a pattern of several; see :func:`~cdkd_kg.corpus.urls.files_at`, also for what it raises.
        where: what names it.
        columns: as for :func:`read_parquet`.
        needed: as there.

    Raises:
        DataRefusedError: a file is not Parquet, or lacks a needed column.
    """
    files, paths = files_at(url, where)
    for path in paths:
        with files.open(path, "rb") as file:
            yield from _rows(file, files.unstrip_protocol(path), columns, needed)


def _rows(content: Path | IO[bytes], name: str, columns: Collection[str], needed: Collection[str]) -> Iterator[Record]:
    try:
        with pq.ParquetFile(content) as file:
            found = list(file.schema_arrow.names)
            for column in sorted(needed):
                need_column(column, found, name)
            features = Features.from_arrow_schema(file.schema_arrow)
            number = 0
            for batch in file.iter_batches(BATCH, columns=[name for name in found if name in columns]):
                for values in records(batch, features, columns):
                    number += 1
                    yield Record(name, number, values)
    except pa.ArrowException as error:
        raise DataRefusedError("the file cannot be read as Parquet", where=name, why=str(error)) from error
