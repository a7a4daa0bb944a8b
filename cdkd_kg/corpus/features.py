"""Arrow tables as plain records: class numbers become names, strings stay undecoded until the check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
from datasets import ClassLabel, Features

UNLABELLED = -1
"""The class number that ``datasets`` uses for rows without a label."""


def records(batch: pa.RecordBatch, features: Features, columns: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield one dict a row of ``batch`` with those of ``columns`` that it has.

    A string that is not UTF-8 comes as bytes. A ``ClassLabel`` number comes as its name, and -1 as None.
    """
    names = [name for name in batch.schema.names if name in set(columns)]
    values = [_values(batch.column(name), features[name]) for name in names]
    for row in zip(*values, strict=True):
        yield dict(zip(names, row, strict=True))


def _values(column: pa.Array, feature: Any) -> list[Any]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        binary = pa.binary() if pa.types.is_string(column.type) else pa.large_binary()
        return [_decoded(value) for value in column.view(binary).to_pylist()]
    return [_named(value, feature) for value in column.to_pylist()]


def _decoded(value: bytes | None) -> str | bytes | None:
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return value


def _named(value: Any, feature: Any) -> Any:
    if isinstance(value, list):
        return [_named(part, getattr(feature, "feature", None)) for part in value]
    if isinstance(feature, ClassLabel) and isinstance(value, int):
        return None if value == UNLABELLED else feature.int2str(value)
    return value
