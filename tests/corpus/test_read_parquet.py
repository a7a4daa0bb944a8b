from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, List, Value

from cdkd_kg.corpus.read_parquet import read_parquet
from cdkd_kg.errors import DataRefusedError

ALL = {"id", "text", "label"}


def test_class_numbers_become_names_and_minus_one_is_unlabelled(tmp_path: Path) -> None:
    features = Features({"label": ClassLabel(names=["neg", "pos"]), "many": List(ClassLabel(names=["p", "q"]))})
    table = pa.table({"label": [1, -1, 0], "many": [[0, 1], [], None]}).cast(features.arrow_schema)
    pq.write_table(table, tmp_path / "rows.parquet")
    records = list(read_parquet(tmp_path / "rows.parquet", {"label", "many"}, set()))
    assert [record.values for record in records] == [
        {"label": "pos", "many": ["p", "q"]},
        {"label": None, "many": []},
        {"label": "neg", "many": None},
    ]


def test_minus_one_without_names_is_a_number_like_any_other(tmp_path: Path) -> None:
    pq.write_table(pa.table({"label": [-1]}), tmp_path / "rows.parquet")
    assert [record.values for record in read_parquet(tmp_path / "rows.parquet", ALL, set())] == [{"label": -1}]


def test_a_string_that_is_not_utf8_comes_as_bytes_and_rows_are_counted(tmp_path: Path) -> None:
    text = pa.array([b"good", b"b\xffd", None]).view(pa.string())
    coded = pa.array(["x", "y", "x"]).dictionary_encode()
    pq.write_table(pa.table({"text": text, "id": coded, "other": [1, 2, 3]}), tmp_path / "rows.parquet")
    records = list(read_parquet(tmp_path / "rows.parquet", ALL, {"text"}))
    assert [(record.line, record.values) for record in records] == [
        (1, {"text": "good", "id": "x"}),
        (2, {"text": b"b\xffd", "id": "y"}),
        (3, {"text": None, "id": "x"}),
    ]


def test_many_rows_come_in_order(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": pa.array(range(1500)), "text": ["t"] * 1500}), tmp_path / "rows.parquet")
    records = list(read_parquet(tmp_path / "rows.parquet", ALL, set()))
    assert [record.values["id"] for record in records if record.values] == list(range(1500))
    assert records[-1].line == 1500


def test_a_missing_column_is_refused_with_the_nearest(tmp_path: Path) -> None:
    features = Features({"texts": Value("string")})
    pq.write_table(pa.table({"texts": ["a"]}).cast(features.arrow_schema), tmp_path / "rows.parquet")
    with pytest.raises(DataRefusedError, match="did you mean 'texts'"):
        list(read_parquet(tmp_path / "rows.parquet", ALL, {"text"}))


def test_what_is_not_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 not at all")
    with pytest.raises(DataRefusedError, match="cannot be read as Parquet"):
        list(read_parquet(tmp_path / "rows.parquet", ALL, set()))
