from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdkd_kg.corpus.read_csv import read_csv
from cdkd_kg.corpus.rows import Record
from cdkd_kg.errors import DataRefusedError

LIMIT = 4096


def read(tmp_path: Path, content: bytes, limit: int = LIMIT) -> list[Record]:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    return list(read_csv(path, limit))


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), max_size=6))
def test_what_the_csv_module_wrote_is_read_back(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    records = read(tmp_path, text.getvalue().encode())
    assert [record.values for record in records] == [
        {"a": a if a.strip() else None, "b": b if b.strip() else None} for a, b in rows
    ]


def test_lines_are_counted_through_quoted_line_breaks(tmp_path: Path) -> None:
    records = read(tmp_path, b'id,text\r\n1,"two\r\nlines"\r\n\r\n2,one\r\n')
    assert [(record.line, record.values) for record in records] == [
        (2, {"id": "1", "text": "two\r\nlines"}),
        (5, {"id": "2", "text": "one"}),
    ]


def test_a_quote_never_closed_costs_its_own_line_alone(tmp_path: Path) -> None:
    records = read(tmp_path, b'id,text\n1,"open\n2,b\n3,c\n')
    assert [record.line for record in records] == [2, 3, 4]
    assert records[0].fault is not None
    assert "not closed" in records[0].fault.reason
    assert [record.values for record in records[1:]] == [{"id": "2", "text": "b"}, {"id": "3", "text": "c"}]


def test_a_quoted_cell_longer_than_the_limit_does_not_swallow_the_file(tmp_path: Path) -> None:
    records = read(tmp_path, b'id,text\n1,"open\n' + b"2,b\n" * 2000)
    assert len(records) == 2001
    assert [record.fault is None for record in records] == [False] + [True] * 2000


def test_a_line_over_the_limit_costs_that_line_alone(tmp_path: Path) -> None:
    records = read(tmp_path, b"id,text\n1,a\n2," + b"b" * LIMIT + b"\n3,c\n")
    assert [record.fault and record.fault.rule for record in records] == [None, "line-too-long", None]
    assert records[1].line == 3


def test_text_after_a_closing_quote_is_named_and_not_guessed(tmp_path: Path) -> None:
    records = read(tmp_path, b'id,text\n1,"a" b\n2,c\n')
    assert records[0].fault is not None
    assert records[0].fault.rule == "broken-row"
    assert records[1].values == {"id": "2", "text": "c"}


def test_bad_utf8_names_line_and_byte_and_keeps_the_other_cells(tmp_path: Path) -> None:
    (record,) = read(tmp_path, b"id,text\n1,ab\xffc\n")
    assert record.fault is not None
    assert record.fault.rule == "bad-utf8"
    assert "byte 4 of line 2 is 0xff" in record.fault.reason
    assert record.values is not None
    assert record.values["id"] == "1"


def test_a_row_of_another_width_is_set_aside(tmp_path: Path) -> None:
    records = read(tmp_path, b"id,text\n1\n1,2,3\n1,a\n")
    assert [record.fault and record.fault.reason for record in records] == [
        "the row has 1 cells, the header has 2",
        "the row has 3 cells, the header has 2",
        None,
    ]


def test_a_byte_order_mark_is_told_once(tmp_path: Path) -> None:
    records = read(tmp_path, b"\xef\xbb\xbfid,text\n1,a\n2,b\n")
    assert [record.bom for record in records] == [True, False]
    assert records[0].values == {"id": "1", "text": "a"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"id,id\n1,2\n", "named twice"),
        (b"\nid,text\n", "blank"),
        ("id,text\n1,a\n".encode("utf-16"), "UTF-16"),
        (b"id,te\xffxt\n", "not UTF-8"),
        (b"a" * (LIMIT + 1), "limit"),
    ],
)
def test_a_header_that_cannot_be_read_refuses_the_file(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(DataRefusedError, match=why):
        read(tmp_path, content)


def test_the_limit_of_the_csv_module_is_left_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    read(tmp_path, b"id,text\n1,a\n")
    assert csv.field_size_limit() == before


def test_a_cell_over_the_usual_limit_of_the_csv_module_is_read(tmp_path: Path) -> None:
    (record,) = read(tmp_path, b"id,text\n1," + b"x" * 200_000 + b"\n", limit=1 << 20)
    assert record.values is not None
    assert len(record.values["text"]) == 200_000
