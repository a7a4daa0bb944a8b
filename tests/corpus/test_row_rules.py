from __future__ import annotations

from typing import Any

import pytest

from cdkd_kg.config import DomainConfig, TaskConfig
from cdkd_kg.corpus.pairs import parts
from cdkd_kg.corpus.row_rules import Sifted, sift
from cdkd_kg.corpus.rows import Fault, RawRow
from tests.corpus.helpers import TOPICS, raw

TASK = TaskConfig(labels=TOPICS)
DOMAIN = DomainConfig.model_validate({"task": "topic", "source": {"path": "rows.csv"}})


def sifted(*rows: RawRow, limit: int = 1000) -> Sifted:
    into = Sifted()
    sift(rows, TASK, DOMAIN, limit, into)
    return into


@pytest.mark.parametrize(
    ("row", "rule", "reason"),
    [
        (raw(b"ab\xffc"), "bad-utf8", "byte 2 of the text is 0xff"),
        (raw("half \ud800 pair"), "bad-utf8", "byte 5 of the text is 0xed"),
        (raw(id="\udcff"), "bad-utf8", "of the id is"),
        (raw(label="\udcff"), "bad-utf8", "of the label is"),
        (raw(label=["sport", b"\xff"]), "bad-utf8", "of the label is"),
        (raw("a\0b"), "nul-byte", "character 1 of the text"),
        (raw(id="a\0b"), "nul-byte", "the id holds"),
        (raw(None), "empty-text", "there is no text"),
        (raw(""), "empty-text", "is empty"),
        (raw(b"\xef\xbb\xbf"), "empty-text", "is empty"),
        (raw(" \t\n\u2003"), "empty-text", "white space"),
        (raw(12), "broken-row", "of kind int"),
        (raw("é" * 501), "line-too-long", "has 1002 bytes, the limit is 1000"),
        (raw(label=float("nan")), "nan-label", "NaN"),
        (raw(label="sprot"), "unknown-label", "did you mean 'sport'"),
        (raw("a\x1fb"), "unit-separator", "character 1 of the text is U+001F"),
        (raw(pair="a\x1fb"), "unit-separator", "character 1 of the second text is U+001F"),
        (raw(pair=""), "empty-text", "the second text is empty"),
        (raw(pair=b"\xff"), "bad-utf8", "of the second text is"),
        (raw(split="tets"), "unknown-split", "did you mean 'test'"),
        (raw(fault=Fault("broken-row", "it is broken")), "broken-row", "it is broken"),
    ],
)
def test_each_rule_names_the_row_and_the_reason(row: RawRow, rule: str, reason: str) -> None:
    found = sifted(row)
    (aside,) = found.aside
    assert (found.rows, aside.rule, aside.line, aside.file) == ([], rule, 1, "f.jsonl")
    assert reason in aside.reason
    aside.text.encode("utf-8")
    aside.id.encode("utf-8")


def test_a_good_row_passes_as_it_is() -> None:
    (row,) = sifted(raw("  two\r\n lines ", split="dev", extra={"group": 3})).rows
    assert (row.text, row.labels, row.split, row.group, row.id) == (
        "  two\r\n lines ",
        ("sport",),
        "validation",
        "3",
        "1",
    )


def test_a_pair_is_one_text_of_two_parts_and_not_another_split_of_the_same_words() -> None:
    found = sifted(raw("a b", pair="c"), raw("a", pair="b  c"), raw("a", pair="b c"))
    assert [parts(row.text) for row in found.rows] == [("a b", "c"), ("a", "b  c"), ("a", "b c")]
    first, second, third = found.rows
    assert first.key != second.key == third.key


def test_a_byte_order_mark_is_cut_off_with_a_warning() -> None:
    found = sifted(raw(b"\xef\xbb\xbfa text"), raw("\ufeffa text"), raw("b", bom=True))
    assert [row.text for row in found.rows] == ["a text", "a text", "b"]
    assert [warning.rule for warning in found.warnings] == ["byte-order-mark"] * 3


def test_a_mark_of_the_file_is_told_although_its_row_is_set_aside() -> None:
    assert [warning.severity for warning in sifted(raw(None, bom=True)).warnings] == ["warning"]


def test_an_id_is_made_from_the_text_where_there_is_none() -> None:
    first, again, other = sifted(raw("a", id=None), raw("a", id=None, line=2), raw("b", id=None)).rows
    assert first.id == again.id != other.id
    assert not first.given_id


def test_texts_that_differ_in_white_space_alone_have_one_key() -> None:
    first, same, other = sifted(raw("a b"), raw(" a\r\n b\n"), raw("ab")).rows
    assert first.key == same.key != other.key


def test_the_excerpt_is_cut_and_printable() -> None:
    (aside,) = sifted(raw("\x1b[31m" + "é" * 600)).aside
    assert aside.text == "\\x1b[31m" + "é" * 192


@pytest.mark.parametrize("label", ["NaN", "null", "None"])
def test_a_label_called_nan_is_a_label(label: str) -> None:
    into = Sifted()
    sift([raw(label=label)], TaskConfig(labels=(label, "other")), DOMAIN, 1000, into)
    assert [row.labels for row in into.rows] == [(label,)]


def test_unknown_labels_are_counted_by_row() -> None:
    found: Any = sifted(raw(label=["x", "y"]), raw(label="x"), raw())
    assert (found.unknown, found.unknown_rows, found.rows_in) == (["x", "y", "x"], 2, 3)
