"""Parquet in batches; the row number, counted from 1, stands for the line."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Features

from cdkd_kg.corpus.features import records
from cdkd_kg.corpus.rows import Record, need_column
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
    try:
        with pq.ParquetFile(path) as file:
            found = list(file.schema_arrow.names)
            for column in sorted(needed):
                need_column(column, found, str(path))
            features = Features.from_arrow_schema(file.schema_arrow)
            number = 0
            for batch in file.iter_batches(BATCH, columns=[name for name in found if name in columns]):
                for values in records(batch, features, columns):
                    number += 1
                    yield Record(str(path), number, values)
    except pa.ArrowException as error:
        raise DataRefusedError("the file cannot be read as Parquet", where=str(path), why=str(error)) from error
