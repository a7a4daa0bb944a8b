"""What is guessed without labels is right where it can be, and says how far off it is where labels are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.renewal.unlabelled import agreement_of, estimated_accuracy, threshold_for, unlabelled_report


@given(
    st.lists(
        st.tuples(st.floats(0.5, 1, exclude_max=True), st.booleans()),
        min_size=1,
        max_size=60,
        unique_by=lambda one: one[0],
    )
)
def test_on_the_documents_it_was_fitted_on_the_estimate_is_the_accuracy(judged):
    confidence, right = (np.array(column) for column in zip(*judged, strict=True))
    found = estimated_accuracy(confidence, threshold_for(confidence, right))
    assert found == pytest.approx(right.mean())


def test_a_student_that_is_always_wrong_is_never_trusted():
    assert estimated_accuracy(np.array([0.9, 1.0]), threshold_for(np.array([0.6, 0.7]), np.array([False, False]))) == 0


def test_a_less_sure_student_is_guessed_to_be_worse():
    drawn = np.random.default_rng(0)
    sure = drawn.beta(8, 2, 1000)
    threshold = threshold_for(sure, drawn.random(1000) < sure)
    assert estimated_accuracy(drawn.beta(4, 3, 1000), threshold) < estimated_accuracy(sure, threshold)


def test_the_report_adds_up():
    shares = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]])
    others = {"news": (np.array([0.9, 0.4]), np.array([True, False]))}
    found = unlabelled_report(shares, ["sport", "business"], 0.75, others)
    assert found == {
        "documents": 4, "labels": {"sport": 0.75, "business": 0.25}, "confidence": 0.75, "estimate": 0.5,
        "checks": {"news": {"estimate": 0.5, "accuracy": 0.5, "documents": 2}},
    }  # fmt: skip


def test_agreement_is_of_decisions():
    assert agreement_of(np.array([[3.0, 1.0], [0.0, 1.0]]), np.array([[0.6, 0.4], [0.9, 0.1]])) == 0.5
