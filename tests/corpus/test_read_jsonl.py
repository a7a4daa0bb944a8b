from __future__ import annotations

from pathlib import Path

import pytest

from cdkd_kg.corpus.read_jsonl import read_jsonl
from cdkd_kg.corpus.rows import Record


def read(tmp_path: Path, content: bytes, limit: int = 1024) -> list[Record]:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    return list(read_jsonl(path, limit))


@pytest.mark.parametrize(
    ("line", "rule", "reason"),
    [
        (b'{"text": "a"', "broken-row", "not JSON"),
        (b"[1]", "broken-row", "a JSON list"),
        (b'{"text": "\xff"}', "bad-utf8", "byte 10 of line 2 is 0xff"),
        (b'{"text": "a\0b"}', "nul-byte", "byte 11"),
        (b'{"n": ' + b"9" * 900 * 6 + b"}", "broken-row", "not JSON"),
        (b"[" * 100_000, "broken-row", "not JSON"),
        (b'{"text": "' + b"a" * 200_000 + b'"}', "line-too-long", "200012 bytes"),
    ],
)
def test_a_bad_line_is_named_and_its_neighbours_live(tmp_path: Path, line: bytes, rule: str, reason: str) -> None:
    records = read(tmp_path, b'{"id": 1}\r\n' + line + b'\r\n\r\n{"id": 2}', limit=150_000)
    assert [record.line for record in records] == [1, 2, 4]
    assert [record.values for record in (records[0], records[2])] == [{"id": 1}, {"id": 2}]
    fault = records[1].fault
    assert fault is not None
    assert fault.rule == rule
    assert reason in fault.reason


def test_a_byte_order_mark_is_told_once(tmp_path: Path) -> None:
    records = read(tmp_path, b'\xef\xbb\xbf\n{"id": 1}\n{"id": 2}\n')
    assert [(record.values, record.bom) for record in records] == [({"id": 1}, True), ({"id": 2}, False)]


def test_a_string_nan_stays_a_string_and_a_number_nan_a_number(tmp_path: Path) -> None:
    records = read(tmp_path, b'{"label": "NaN"}\n{"label": NaN}\n{"label": "null"}\n{"label": null}\n')
    labels = [record.values["label"] for record in records if record.values is not None]
    assert labels[0] == "NaN"
    assert labels[1] != labels[1]
    assert labels[2:] == ["null", None]
