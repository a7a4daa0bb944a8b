"""Intervals and paired tests: they hold what they promise, and find what is there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.config import EvaluationConfig
from cdkd_kg.evaluation.compare import compare_domain, holm, score_domain, sign_p
from tests.evaluation.conftest import QUICK, draw_answers, draw_targets

P = st.floats(0, 1, allow_nan=False)


def answers_of(targets: np.ndarray, skills: dict[str, float], seeds: int = 3) -> dict[str, dict[int, np.ndarray]]:
    return {name: {seed: draw_answers(targets, skill, seed) for seed in range(seeds)} for name, skill in skills.items()}


def test_a_domain_without_test_rows_says_so() -> None:
    nothing = np.zeros((0, 3), dtype=np.float32)
    assert score_domain({0: nothing}, nothing, False, QUICK) == {"n": 0}
    assert compare_domain({"graph_teacher": {0: nothing}, "text_teacher": {0: nothing}}, nothing, False, QUICK) == []


def test_unlabelled_test_rows_are_left_out() -> None:
    targets = draw_targets(60, 3, False)
    logits = draw_answers(targets, 2.0, 0)
    hidden = targets.copy()
    hidden[40:] = -1
    assert score_domain({0: logits}, hidden, False, QUICK) == score_domain({0: logits[:40]}, targets[:40], False, QUICK)


@pytest.mark.parametrize("several", [False, True])
def test_scores_hold_mean_interval_and_seeds(several: bool) -> None:
    targets = draw_targets(150, 4, several)
    answers = {seed: draw_answers(targets, 1.5, seed, several) for seed in (4, 1, 2)}
    found = score_domain(answers, targets, several, QUICK)
    assert found["n"] == 150
    for score in found["scores"].values():
        assert score["mean"] == pytest.approx(np.mean(score["seeds"]), abs=1e-6)
        assert 0 <= score["low"] <= score["mean"] <= score["high"]
    assert sum(map(sum, found["confusion"])) == 3 * 150 * (4 if several else 1)
    assert sum(row["count"] for row in found["reliability"]) == 3 * 150 * (4 if several else 1)


def test_seeds_are_listed_by_number_whatever_their_order() -> None:
    targets = draw_targets(50, 3, False)
    one, two = draw_answers(targets, 0.5, 0), draw_answers(targets, 3.0, 1)
    assert score_domain({0: one, 1: two}, targets, False, QUICK) == score_domain(
        {1: two, 0: one}, targets, False, QUICK
    )


def test_the_interval_of_accuracy_is_about_as_wide_as_the_binomial_one() -> None:
    targets = draw_targets(400, 2, False)
    logits = np.where(np.arange(400)[:, None] % 5 == 0, 1 - targets, targets)
    score = score_domain({0: logits}, targets, False, EvaluationConfig(bootstrap=1000))["scores"]["accuracy"]
    assert score["mean"] == 0.8
    assert score["high"] - score["low"] == pytest.approx(2 * 1.96 * np.sqrt(0.8 * 0.2 / 400), rel=0.15)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    targets, config, covered = draw_targets(100, 2, False), EvaluationConfig(bootstrap=200), 0
    for _ in range(60):
        right = generator.random(100) < 0.7
        score = score_domain({0: np.where(right[:, None], targets, 1 - targets)}, targets, False, config)
        covered += score["scores"]["accuracy"]["low"] <= 0.7 <= score["scores"]["accuracy"]["high"]
    assert covered >= 52


def test_a_better_student_is_found_and_equal_students_are_not_told_apart() -> None:
    targets = draw_targets(400, 4, False)
    answers = answers_of(targets, {"graph_teacher": 2.2, "text_teacher": 1.4})
    answers["shuffled_graph"] = answers["graph_teacher"]
    better, same = compare_domain(answers, targets, False, QUICK)
    assert (better["a"], better["b"], better["metric"]) == ("graph_teacher", "text_teacher", "accuracy")
    assert better["low"] > 0
    assert better["p"] < 0.05
    assert better["low"] <= better["difference"] <= better["high"]
    assert (same["difference"], same["low"], same["high"], same["p"]) == (0, 0, 0, 1)


def test_pairing_makes_the_interval_narrower_than_two_separate_ones() -> None:
    targets = draw_targets(400, 4, False)
    answers = answers_of(targets, {"graph_teacher": 1.6, "text_teacher": 1.5})
    (paired,) = compare_domain(answers, targets, False, QUICK)
    alone = [score_domain(answers[name], targets, False, QUICK)["scores"]["accuracy"] for name in answers]
    assert paired["high"] - paired["low"] < 0.8 * sum(one["high"] - one["low"] for one in alone)


def test_comparisons_are_with_every_rival_that_ran_in_a_fixed_order() -> None:
    targets = draw_targets(60, 3, False)
    names = ("similar_text", "no_distillation", "graph_teacher", "shuffled_graph", "text_teacher")
    answers = answers_of(targets, dict.fromkeys(names, 1.0))
    order = ["text_teacher", "shuffled_graph", "no_distillation", "similar_text"]
    assert [row["b"] for row in compare_domain(answers, targets, False, QUICK)] == order
    del answers["similar_text"]
    assert [row["b"] for row in compare_domain(answers, targets, False, QUICK)] == order[:3]
    del answers["graph_teacher"]
    assert compare_domain(answers, targets, False, QUICK) == []


def test_swapping_two_students_turns_the_difference_around() -> None:
    targets = draw_targets(100, 3, False)
    found = answers_of(targets, {"graph_teacher": 1.8, "text_teacher": 1.5})
    turned = {"graph_teacher": found["text_teacher"], "text_teacher": found["graph_teacher"]}
    (there,), (back,) = (compare_domain(each, targets, False, QUICK) for each in (found, turned))
    assert (there["difference"], there["low"], there["high"]) == pytest.approx(
        (-back["difference"], -back["high"], -back["low"]), abs=1e-6
    )
    assert there["p"] == back["p"]


def test_p_of_signs() -> None:
    assert sign_p(np.zeros(99)) == 1
    assert sign_p(np.array([1.0] * 95 + [-1.0] * 4)) == pytest.approx(2 * 5 / 100)
    assert sign_p(np.full(999, -1.0)) == pytest.approx(0.002)


def test_holm_of_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(P, min_size=1, max_size=8))
def test_holm_never_lowers_keeps_the_order_and_lies_below_bonferroni(values: list[float]) -> None:
    corrected = holm(values)
    assert all(
        value <= new <= min(1, len(values) * value) + 1e-12 for value, new in zip(values, corrected, strict=True)
    )
    ranked = [corrected[place] for place in np.argsort(values, kind="stable")]
    assert ranked == sorted(ranked)
