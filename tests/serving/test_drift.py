"""Drift is told where there is some and not where there is none, at any size of sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from cdkd_kg.inference.predictor import Prediction
from cdkd_kg.inference.reference import Features, counts_in, features, number_counts, reference, surprisals
from cdkd_kg.serving.drift import chance_index, shifts, stability_index

LABELS = ("sport", "business")
COUNTS = st.lists(st.integers(0, 500), min_size=2, max_size=10)


def _documents(drawn, number, length=100.0, sport=0.5):
    return [
        Features(int(drawn.normal(length, 20)), drawn.normal(8, 1), drawn.beta(8, 2), LABELS[drawn.random() >= sport])
        for _ in range(number)
    ]


@given(COUNTS)
def test_the_same_counts_do_not_differ(counts):
    assert stability_index(counts, counts) == 0


@given(st.data())
def test_the_index_is_symmetric_and_never_negative(data):
    before = data.draw(COUNTS)
    after = data.draw(st.lists(st.integers(0, 500), min_size=len(before), max_size=len(before)))
    index = stability_index(before, after)
    assert index >= 0
    assert index == pytest.approx(stability_index(after, before))


@pytest.mark.parametrize("bins", [2, 5, 10])
def test_chance_is_what_the_distribution_says(bins):
    expected = (1 / 300 + 1 / 200) * chi2.ppf(0.999, bins - 1)
    assert chance_index(300, 200, bins) == pytest.approx(
        expected, rel=0.035
    )  # the most that the approximation is off, at 2 bins


@pytest.mark.parametrize("number", [20, 100, 1000])
def test_texts_of_the_same_kind_have_not_drifted(number):
    alarms = 0
    for seed in range(100):
        drawn = np.random.default_rng(seed)
        known = reference(_documents(drawn, 300), LABELS)
        alarms += sum(one.drifted for one in shifts(known, _documents(drawn, number), LABELS))
    assert alarms <= 2  # of 400 comparisons


def test_longer_texts_and_other_labels_have():
    drawn = np.random.default_rng(0)
    known = reference(_documents(drawn, 300), LABELS)
    found = {one.feature: one for one in shifts(known, _documents(drawn, 200, length=150, sport=0.95), LABELS)}
    assert {name for name, one in found.items() if one.drifted} == {"length", "label"}
    assert found["length"].psi > found["confidence"].psi


def test_with_nothing_to_compare_there_is_no_shift():
    drawn = np.random.default_rng(0)
    assert shifts(reference([], LABELS), _documents(drawn, 10), LABELS) == []
    assert shifts(reference(_documents(drawn, 10), LABELS), [], LABELS) == []


def test_labels_that_the_reference_does_not_know_are_no_drift_and_no_failure():
    drawn = np.random.default_rng(0)
    known = reference(_documents(drawn, 300), LABELS)
    other = [one._replace(label="renamed") for one in _documents(drawn, 20)]
    found = {one.feature: one for one in shifts(known, other, LABELS)}
    assert not found["label"].drifted


def test_a_number_that_is_always_the_same_has_one_edge_and_is_watched():
    same = [Features(64, 1.0, 1.0, "sport")] * 50
    other = [Features(10, 1.0, 1.0, "sport")] * 50
    found = {one.feature: one for one in shifts(reference(same, LABELS), other, LABELS)}
    assert found["length"].drifted
    assert not found["surprisal"].drifted


@given(st.lists(st.floats(-5, 5), max_size=50))
def test_every_value_falls_into_one_bin(values):
    assert sum(number_counts(values, [-1.0, 0.0, 2.0])) == len(values)


def test_documents_fall_into_the_bins_of_the_reference():
    drawn = np.random.default_rng(0)
    documents = _documents(drawn, 200)
    known = reference(documents, LABELS)
    assert counts_in(known, documents, LABELS) == {name: known[name]["counts"] for name in Features._fields}
    assert known["documents"] == 200


def test_rare_words_are_surprising():
    bits = surprisals([98, 0, 0])
    said = Prediction(np.array([0.25, 0.75], dtype=np.float32), 2, False, [0, 1])
    found = features("ab", said, LABELS, bits)
    assert found == Features(2, pytest.approx(float(bits[:2].mean())), 0.75, "business")
    assert 2.0 ** -bits[1] == pytest.approx(1 / 101)
