"""Rows, means over pairs, correction and verdict, against numbers worked out by hand."""

import numpy as np
import pytest

from cdkd_kg.evaluation.compare import holm
from cdkd_kg.study.config import QuestionConfig
from cdkd_kg.study.questions import answer, mean_over_pairs, row, verdict
from cdkd_kg.study.scores import over_pairs
from tests.study.hand import place, scored, shares

A, B = "graph_teacher", "no_distillation"


def question(**changes):
    return QuestionConfig(**{"name": "q", "a": A, "b": B} | changes)


def test_a_row_holds_means_over_seeds_and_their_difference():
    entry = scored(
        place(),
        {
            A: [[True, True, True, False], [True, True, True, True]],
            B: [[True, False, False, False], [True, True, False, False]],
        },
    )
    found = row(entry, A, B)
    assert (found["score_a"], found["score_b"], found["difference"]) == (0.875, 0.375, 0.5)
    assert found["seeds"] == [0.5, 0.5]
    assert (found["documents"], found["metric"], found["pair"]) == (4, "accuracy", "topic: news to letters")
    # per document a is ahead by 0, .5, 1, .5: no resample of four has a difference below 0
    assert found["low"] >= 0
    assert found["high"] <= 1
    assert found["p"] < 0.05


def test_the_interval_of_a_row_is_the_paired_one():
    wide = scored(place(), {A: [[True, False] * 50], B: [[False, True] * 50]})
    narrow = scored(place(), {A: [[True, False] * 50], B: [[True, False] * 49 + [False, False]]})
    assert (row(wide, A, B)["low"], row(wide, A, B)["high"]) == pytest.approx((-0.2, 0.2), abs=0.03)
    assert row(narrow, A, B)["high"] <= 0.04


def test_budgets_of_one_pair_are_averaged_before_the_pairs_are():
    entries = [
        scored(place("there", "2"), shares(graph_teacher=0.9, no_distillation=0.5)),
        scored(place("there", "all"), shares(graph_teacher=0.7, no_distillation=0.5)),
        scored(place("back", "2"), shares(graph_teacher=0.6, no_distillation=0.6)),
    ]
    mean = mean_over_pairs(entries, A, B)
    assert mean["pairs"] == 2
    assert mean["difference"] == pytest.approx((0.3 + 0.0) / 2)
    assert mean["score_a"] == pytest.approx((0.8 + 0.6) / 2)
    assert mean["low"] <= mean["difference"] <= mean["high"]


def test_pairs_are_resampled_too():
    """Two pairs without any noise in documents that differ by 0 and 0.4: resampling pairs gives 0, 0.2 and 0.4."""
    drawn = over_pairs([np.zeros(2000), np.full(2000, 0.4)], ["x", "y"])
    values, counts = np.unique(np.round(drawn, 6), return_counts=True)
    assert values.tolist() == [0, 0.2, 0.4]
    assert counts / 2000 == pytest.approx([0.25, 0.5, 0.25], abs=0.04)


def test_pairs_on_the_same_documents_share_their_resamples():
    noise = np.random.default_rng(0).normal(0, 1, 4000)
    shared = over_pairs([noise, noise], ["x", "x"])
    apart = over_pairs([noise, noise[::-1]], ["x", "y"])
    assert shared.std() == pytest.approx(1, abs=0.05)
    assert apart.std() == pytest.approx(np.sqrt(0.5 * 1 + 0.5 * 0.5), abs=0.05)


def test_one_pair_is_resampled_by_documents_alone():
    drawn = np.arange(5.0)
    assert over_pairs([drawn], ["x"]).tolist() == drawn.tolist()


def test_the_mean_of_one_case_is_the_case():
    entry = scored(place(), shares(graph_teacher=0.9, no_distillation=0.5))
    mean, alone = mean_over_pairs([entry], A, B), row(entry, A, B)
    assert {key: mean[key] for key in ("difference", "low", "high", "p")} == {
        key: alone[key] for key in ("difference", "low", "high", "p")
    }


def test_p_is_corrected_over_the_questions_of_the_study():
    entries = [
        scored(place("there", "2"), shares(graph_teacher=0.9, no_distillation=0.5, text_teacher=0.875)),
        scored(place("back", "2"), shares(graph_teacher=0.8, no_distillation=0.4, text_teacher=0.8)),
    ]
    asked = [question(name="1"), question(name="2", b="text_teacher"), question(name="3", where={"direction": "back"})]
    found = answer(asked, entries)
    assert [entry["mean"]["holm"] for entry in found] == pytest.approx(holm([entry["mean"]["p"] for entry in found]))
    assert found[0]["mean"]["holm"] > found[0]["mean"]["p"]
    assert [len(entry["rows"]) for entry in found] == [2, 2, 1]


def test_a_question_without_a_case_cannot_be_said_and_does_not_count_for_the_correction():
    entries = [scored(place("there", "2"), shares(graph_teacher=0.9, no_distillation=0.5))]
    there, back = answer([question(), question(name="b", where={"direction": "back"})], entries)
    assert there["mean"]["holm"] == there["mean"]["p"]
    assert (back["rows"], back["mean"], back["verdict"]) == ([], None, "cannot be said")


@pytest.mark.parametrize(("domains", "count"), [("target", 1), ("source", 1), ("all", 2)])
def test_a_question_is_about_the_domains_that_it_asks_for(domains, count):
    entries = [
        scored(place(role=role), shares(graph_teacher=0.9, no_distillation=0.5)) for role in ("target", "source")
    ]
    (found,) = answer([question(domains=domains)], entries)
    assert len(found["rows"]) == count


@pytest.mark.parametrize(
    ("difference", "low", "p", "at_least", "told"),
    [
        (0.06, 0.01, 0.01, 5, "met"),
        (0.05, 0.01, 0.01, 5, "met"),
        (0.29, 0.01, 0.01, 29, "met"),
        (0.049, 0.01, 0.01, 5, "not met"),
        (0.06, -0.01, 0.01, 5, "not shown"),
        (0.06, 0.01, 0.06, 5, "not shown"),
        (-0.01, -0.02, 0.01, 0, "not met"),
    ],
)
def test_the_verdict(difference, low, p, at_least, told):
    assert verdict({"difference": difference, "low": low, "holm": p}, at_least) == told
