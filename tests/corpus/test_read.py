from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdkd_kg.config import DomainConfig
from cdkd_kg.corpus.read import read_rows
from cdkd_kg.errors import ConfigError, DataRefusedError, MissingResourceError
from tests.corpus.helpers import write_jsonl

ROWS = [
    {"id": 7, "body": "a", "cat": "x", "shop": "books", "group": "g"},
    {"id": "", "body": "b", "cat": "y", "shop": "music"},
    {"body": "c", "cat": None, "shop": "books"},
]


def domain(path: Path, **source: Any) -> DomainConfig:
    return DomainConfig.model_validate({"task": "t", "source": {"path": str(path)} | source})


def test_columns_are_renamed_and_the_rest_is_extra(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", ROWS)
    rows = list(read_rows("d", domain(path, columns={"text": "body", "label": "cat"})))
    assert [(row.id, row.text, row.label, row.line) for row in rows] == [
        ("7", "a", "x", 1),
        (None, "b", "y", 2),
        (None, "c", None, 3),
    ]
    assert rows[0].extra == {"shop": "books", "group": "g"}
    assert rows[0].domain == "d"


def test_a_second_text_is_read_and_nothing_in_its_column_is_an_empty_one(tmp_path: Path) -> None:
    rows = [{"text": "a", "cat": "b"}, {"text": "a", "cat": None}, {"text": "a"}]
    path = write_jsonl(tmp_path / "rows.jsonl", rows)
    assert [row.pair for row in read_rows("d", domain(path, columns={"text_pair": "cat"}))] == ["b", "", None]
    assert [row.pair for row in read_rows("d", domain(path))] == [None, None, None]


def test_where_keeps_rows_by_value_and_broken_rows_too(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", [*ROWS, "no object"])
    rows = list(read_rows("d", domain(path, columns={"text": "body"}, where={"shop": "books"})))
    assert [row.line for row in rows] == [1, 3, 4]
    assert rows[2].fault is not None


def test_a_domain_column_keeps_the_rows_of_that_name(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", ROWS)
    rows = list(read_rows("music", domain(path, columns={"text": "body", "domain": "shop"})))
    assert [row.text for row in rows] == ["b"]


def test_a_byte_order_mark_is_told_although_its_row_belongs_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\xef\xbb\xbftext,shop\na,books\nb,music\nc,music\n")
    assert [row.bom for row in read_rows("d", domain(path, where={"shop": "music"}))] == [True, False]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
@pytest.mark.parametrize("key", ["columns", "where"])
def test_a_named_column_that_no_row_has_is_refused(tmp_path: Path, suffix: str, key: str) -> None:
    path = tmp_path / f"rows{suffix}"
    path.write_text('{"text": "a", "label": "x"}\n' if suffix == ".jsonl" else "text,label\na,x\n")
    source: dict[str, Any] = {key: {"label": "labell"}} if key == "columns" else {key: {"labell": "x"}}
    with pytest.raises(DataRefusedError, match="no column 'labell'; did you mean 'label'"):
        list(read_rows("d", domain(path, **source)))


def test_a_missing_file_and_an_unknown_kind_are_errors_of_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="no such file"):
        list(read_rows("d", domain(tmp_path / "none.csv")))
    (tmp_path / "rows.xlsx").write_text("")
    with pytest.raises(ConfigError, match="parquet or a folder"):
        list(read_rows("d", domain(tmp_path / "rows.xlsx")))


def test_an_unknown_set_is_named_with_the_nearest() -> None:
    config = DomainConfig.model_validate({"task": "t", "source": {"name": "bbc-new"}})
    with pytest.raises(MissingResourceError, match="did you mean 'bbc-news'"):
        list(read_rows("d", config))
