from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.corpus.duplicates import without_duplicate_ids, without_duplicate_texts, without_leaks
from cdkd_kg.corpus.rows import Row
from tests.corpus.helpers import row


def test_the_later_of_two_rows_with_one_id_is_set_aside() -> None:
    kept, aside = without_duplicate_ids([row("1", "first"), row("1", "later"), row("2")])
    assert [found.text for found in kept] == ["first", "2"]
    assert [(found.rule, found.text) for found in aside] == [("duplicate-id", "later")]


def test_a_text_in_test_leaves_train_and_validation() -> None:
    rows = [row("1", "t", split="train"), row("2", "t", split="validation"), row("3", "t ", split="test")]
    kept, aside = without_duplicate_texts(rows)
    assert [found.id for found in kept] == ["3"]
    assert {(found.id, found.rule) for found in aside} == {("1", "text-in-two-splits"), ("2", "text-in-two-splits")}
    assert "in test of domain 'news'" in aside[0].reason


def test_a_copy_without_split_yields_to_a_given_split() -> None:
    kept, aside = without_duplicate_texts([row("1", "t"), row("2", "t", split="train")])
    assert [found.id for found in kept] == ["2"]
    assert [found.rule for found in aside] == ["duplicate-text"]


def test_of_copies_with_one_label_the_smallest_id_stays_in_any_order() -> None:
    rows = [row("b", "t"), row("a", "t"), row("c", "u")]
    for order in (rows, rows[::-1]):
        kept, aside = without_duplicate_texts(order)
        assert {found.id for found in kept} == {"a", "c"}
        assert [found.rule for found in aside] == ["duplicate-text"]


def test_a_labelled_copy_stays_before_an_unlabelled_one() -> None:
    kept, aside = without_duplicate_texts([row("a", "t", None), row("b", "t", ("sport",))])
    assert [found.id for found in kept] == ["b"]
    assert [found.id for found in aside] == ["a"]


def test_copies_that_contradict_each_other_all_go() -> None:
    kept, aside = without_duplicate_texts(
        [row("a", "t", ("sport",)), row("b", "t", ("business",)), row("c", "t", None)]
    )
    assert kept == []
    assert [found.rule for found in aside] == ["conflicting-labels"] * 3
    assert "label 'sport' here and 'business'" in aside[0].reason


def test_a_text_that_another_domain_tests_on_is_not_trained_on() -> None:
    rows = [row("1", "t", split="train", domain="a"), row("1", "t", split="test", domain="b")]
    kept, aside = without_leaks(rows)
    assert [found.domain for found in kept] == ["b"]
    assert "in test of domain 'b'" in aside[0].reason


def test_domains_may_share_texts_inside_a_split() -> None:
    rows = [row("1", "t", split="train", domain="a"), row("1", "t", split="train", domain="b")]
    assert without_leaks(rows) == (rows, [])


ROWS = st.lists(
    st.builds(
        lambda name, text, labels, split: row(str(name), text, labels, split=split),
        st.integers(0, 5),
        st.sampled_from("tuv"),
        st.sampled_from([None, ("sport",), ("business",)]),
        st.sampled_from([None, "train", "validation", "test"]),
    ),
    max_size=12,
)


@given(ROWS)
def test_no_row_vanishes_and_every_text_stays_once(rows: list[Row]) -> None:
    for sieve in (without_duplicate_ids, without_duplicate_texts, without_leaks):
        kept, aside = sieve(rows)
        assert len(kept) + len(aside) == len(rows)
    kept, _ = without_duplicate_texts(rows)
    assert len({found.key for found in kept}) == len(kept)
