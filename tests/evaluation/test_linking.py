"""Measures of linking: hand-counted cases, bounds, calibration."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.entities.linking.candidates import Candidate
from cdkd_kg.entities.linking.linker import Link
from cdkd_kg.evaluation.linking import (
    Gold,
    Said,
    calibration_error,
    end_to_end,
    intervals,
    link_calibration_error,
    measures,
    with_gold_spans,
)
from cdkd_kg.evaluation.resampling import resamples


def link(iri: str | None, *candidates: str, confidence: float = 0.9) -> Link:
    return Link(tuple(Candidate(one, one, "preferred", "cased") for one in candidates), iri, None, confidence)


GOLD = [[Gold(0, 4, "a"), Gold(5, 9, "b"), Gold(10, 12, None)], [Gold(0, 3, None)]]
LINKS = [[link("a", "a"), link("c", "c", "b"), link(None)], [link("a", "a")]]


def test_links_of_given_mentions() -> None:
    found = measures(with_gold_spans(GOLD, LINKS))
    assert found["accuracy"] == 1 / 2
    assert found["link_precision"] == 1 / 3
    assert (found["nil_precision"], found["nil_recall"]) == (1, 1 / 2)
    assert (found["recall_at_1"], found["recall_at_10"]) == (1 / 2, 1)
    assert link_calibration_error(GOLD, LINKS) == pytest.approx(0.9 - 1 / 3)


def test_strong_and_weak_matches_from_end_to_end() -> None:
    said = [[Said(0, 4, link("a")), Said(6, 9, link("b")), Said(20, 22, link("a"))], [Said(0, 3, link(None))]]
    found = measures(end_to_end(GOLD, said))
    assert (found["strong_precision"], found["strong_recall"]) == (1 / 3, 1 / 2)
    assert (found["weak_precision"], found["weak_recall"]) == (2 / 3, 1)
    assert found["strong_micro_f1"] == found["strong_macro_f1"] == pytest.approx(0.4)
    assert found["strong_mention_f1"] == 2 * 2 / (4 + 4)
    assert found["weak_mention_f1"] == 2 * 3 / (4 + 4)


def test_one_answer_cannot_be_right_twice() -> None:
    shares = end_to_end([[Gold(0, 2, "a"), Gold(3, 5, "a")]], [[Said(0, 5, link("a"))]])
    assert measures(shares)["weak_recall"] == 1 / 2


def test_nothing_said_and_nothing_asked() -> None:
    nothings: tuple[list[list[Any]], ...] = ([], [[]])
    for nothing in nothings:
        assert measures(end_to_end(nothing, nothing))["strong_micro_f1"] == 0
        assert measures(with_gold_spans(nothing, nothing))["accuracy"] == 0


def test_intervals_are_over_documents_and_hold_the_measure() -> None:
    said = [
        [Said(one.begin, one.end, made) for one, made in zip(*pair, strict=True)]
        for pair in zip(GOLD, LINKS, strict=True)
    ]
    for shares in (with_gold_spans(GOLD * 20, LINKS * 20), end_to_end(GOLD * 20, said * 20)):
        found = intervals(shares, resamples(40, 200))
        for name, value in measures(shares).items():
            low, high = found[name]
            assert low <= value <= high
    alike = intervals(with_gold_spans(GOLD[:1] * 5, LINKS[:1] * 5), resamples(5, 50))
    assert alike["accuracy"] == (1 / 2, 1 / 2)


def test_calibration_of_a_calibrated_and_of_a_boasting_linker() -> None:
    assert calibration_error([(0.75, True)] * 3 + [(0.75, False)], 10) == pytest.approx(0)
    assert calibration_error([(1.0, False)] * 5, 10) == 1
    assert calibration_error([], 10) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=50), st.integers(1, 20))
def test_calibration_error_is_a_share(made: list[tuple[float, bool]], bins: int) -> None:
    assert 0 <= calibration_error(made, bins) <= 1
