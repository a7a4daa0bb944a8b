"""Scores against worked examples, a second way to compute them, and properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkd_kg.errors import TrainingError
from cdkd_kg.evaluation.metrics import confusion, primary_metric, reliability, scores


def one_hot(classes: list[int], count: int) -> np.ndarray:
    return np.eye(count, dtype=np.float32)[classes]


def sure(classes: list[int], count: int) -> np.ndarray:
    return 20 * one_hot(classes, count)


def random_case(seed: int, documents: int, classes: int, multi_label: bool) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (documents, classes)).astype(np.float32)
    if multi_label:
        return logits, (generator.random((documents, classes)) < 0.3).astype(np.float32)
    return logits, one_hot(generator.integers(classes, size=documents).tolist(), classes)


def test_perfect_answers_score_one() -> None:
    found = scores(sure([0, 1, 2], 3), one_hot([0, 1, 2], 3), False, 10)
    assert found["accuracy"] == found["macro_f1"] == 1
    assert found["ece"] < 1e-6
    assert found["nll"] < 1e-6


def test_macro_f1_is_over_the_classes_that_occur() -> None:
    # Classes 0 and 1 occur; one document of class 1 is taken for class 2, which does not.
    found = scores(sure([0, 0, 1, 2], 4), one_hot([0, 0, 1, 1], 4), False, 10)
    assert found["macro_f1"] == pytest.approx((1 + 2 / 3) / 2, abs=1e-6)


def test_a_class_predicted_but_absent_costs_no_f1_of_its_own() -> None:
    with_absent = scores(sure([0, 2], 3), one_hot([0, 0], 3), False, 10)
    assert with_absent["macro_f1"] == pytest.approx(2 / 3, abs=1e-6)


def test_ece_of_a_worked_example() -> None:
    # Two answers at 75 % confidence, one right: |0.5 - 0.75|; two at 50/50 (lower bin edge 0.5), both right: |1 - 0.5|.
    logits = np.array([[np.log(3), 0], [np.log(3), 0], [0, 0], [0, 0]], dtype=np.float64)
    found = scores(logits, one_hot([0, 1, 0, 0], 2), False, 10)
    assert found["ece"] == pytest.approx((0.25 + 0.5) / 2, abs=1e-6)


def test_log_loss_is_the_mean_negative_log_likelihood() -> None:
    logits = np.log(np.array([[0.7, 0.3], [0.2, 0.8]]))
    assert scores(logits, one_hot([0, 0], 2), False, 5)["nll"] == pytest.approx(-np.log([0.7, 0.2]).mean(), abs=1e-6)


def test_several_labels_ask_for_the_whole_set() -> None:
    targets = np.array([[1, 1, 0], [0, 1, 0]], dtype=np.float32)
    logits = np.array([[5, -5, -5], [-5, 5, -5]], dtype=np.float32)
    found = scores(logits, targets, True, 10)
    assert found["accuracy"] == 0.5
    assert found["micro_f1"] == pytest.approx(4 / 5, abs=1e-6)
    assert found["macro_f1"] == pytest.approx((1 + 2 / 3) / 2, abs=1e-6)


def test_documents_without_any_label_are_scored() -> None:
    found = scores(-np.ones((3, 2), dtype=np.float32), np.zeros((3, 2), dtype=np.float32), True, 10)
    assert found["accuracy"] == 1
    assert found["macro_f1"] == found["micro_f1"] == 0


def test_confusion_has_true_classes_in_rows() -> None:
    assert confusion(sure([1, 1, 2], 3), one_hot([0, 1, 2], 3), False) == [[0, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_confusion_with_several_labels_counts_decisions() -> None:
    targets = np.array([[1, 0], [1, 1], [0, 0]], dtype=np.float32)
    logits = np.array([[5, 5], [-5, 5], [-5, -5]], dtype=np.float32)
    assert confusion(logits, targets, True) == [[1, 0, 1, 1], [1, 1, 0, 1]]


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(2, 6), st.booleans(), st.integers(2, 20))
@settings(max_examples=30, deadline=None)
def test_reliability_counts_every_decision_once(
    seed: int, documents: int, classes: int, several: bool, bins: int
) -> None:
    logits, targets = random_case(seed, documents, classes, several)
    table = reliability(logits, targets, several, bins)
    assert sum(row["count"] for row in table) == documents * (classes if several else 1)
    assert len(table) <= bins
    assert all(0 <= row["accuracy"] <= 1 and 0 <= row["confidence"] <= 1 for row in table)
    gap = sum(row["count"] * abs(row["accuracy"] - row["confidence"]) for row in table)
    ece = gap / sum(row["count"] for row in table)
    assert scores(logits, targets, several, bins)["ece"] == pytest.approx(ece, abs=1e-5)


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=30, deadline=None)
def test_scores_do_not_depend_on_the_order_of_documents(seed: int, several: bool) -> None:
    logits, targets = random_case(seed, 30, 4, several)
    order = np.random.default_rng(seed).permutation(30)
    assert scores(logits[order], targets[order], several, 10) == pytest.approx(
        scores(logits, targets, several, 10), abs=2e-6
    )


@pytest.mark.parametrize(
    ("logits", "targets"),
    [
        (np.zeros((0, 2)), np.zeros((0, 2))),
        (np.zeros((2, 2)), np.zeros((2, 3))),
        (np.zeros((1, 2)), np.array([[-1.0, -1.0]])),
        (np.zeros((1, 2)), np.array([[1.0, 1.0]])),
    ],
    ids=["empty", "shapes", "unlabelled", "two labels"],
)
def test_what_cannot_be_scored_is_refused(logits: np.ndarray, targets: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"score|labels"):
        scores(logits, targets, False, 10)


def test_a_logit_that_is_not_finite_names_its_row() -> None:
    with pytest.raises(TrainingError, match="row 1"):
        scores(np.array([[0.0, 1.0], [np.nan, 0.0]]), one_hot([0, 1], 2), False, 10)


def test_the_compared_metric_is_fixed() -> None:
    assert (primary_metric(False), primary_metric(True)) == ("accuracy", "micro_f1")
