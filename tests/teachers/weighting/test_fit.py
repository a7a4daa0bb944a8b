"""Documents are judged by strangers, and the pull to equal weights pulls."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkd_kg.teachers.weighting.fit import STRENGTHS, Judged, choose, fit, held_out, stranger_weights
from cdkd_kg.teachers.weighting.validation import OneForAll
from tests.teachers.weighting.helpers import drawn


def _fitted(opinions, strength):
    network = OneForAll(opinions)
    temperature = fit(network, opinions, opinions.judged, strength)
    return network.scores.softmax(0).detach().numpy(), temperature


def test_no_document_is_judged_by_the_teacher_of_its_own_domain():
    opinions = drawn(0, [2.0, 1.0, 0.5])
    weights = stranger_weights(torch.zeros(opinions.own.shape), opinions).exp().numpy()
    assert (weights[opinions.own] == 0).all()
    assert weights[~opinions.own & opinions.own.any(axis=1, keepdims=True)] == pytest.approx(0.5)
    assert weights[opinions.domains == "target"] == pytest.approx(1 / 3)


def test_what_a_teacher_says_at_home_changes_nothing():
    opinions = drawn(0, [2.0, 1.0, 0.5])
    logits = opinions.logits.copy()
    logits[opinions.own.T] = 100.0
    assert np.array_equal(_fitted(opinions, 0.1)[0], _fitted(replace(opinions, logits=logits), 0.1)[0])


def test_the_stronger_the_pull_the_nearer_to_equal_weights():
    found = [np.ptp(_fitted(drawn(0, [1.5, 0.5, 0.0]), strength)[0]) for strength in (0.01, 0.1, 1.0, 100.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.25
    assert found[-1] < 0.01


def test_being_less_sure_is_not_being_better():
    opinions = drawn(0, [1.0, 0.7, 0.5], documents=200)
    boasting = replace(opinions, logits=4 * opinions.logits)
    (weights, temperature), (others, higher) = _fitted(opinions, 0.1), _fitted(boasting, 0.1)
    assert others == pytest.approx(weights, abs=1e-3)
    assert higher == pytest.approx(4 * temperature, rel=1e-3)


def test_the_domain_that_is_left_out_has_no_say_in_its_own_weights():
    opinions = drawn(0, [3.0, 1.0, 0.0])
    last = opinions.domains == "domain2"
    told = replace(opinions, targets=np.where(last[:, None], 1 - opinions.targets, opinions.targets))
    seen, other = (held_out(partial(OneForAll, one), one, 0.1) for one in (opinions, told))
    mine = last[opinions.judged]
    flipped = np.log1p(-np.exp(seen.terms[mine]))  # two classes: the likelihood of the other label
    assert other.terms[mine] == pytest.approx(flipped, abs=1e-6)


def test_every_domain_counts_the_same_however_many_rows_it_has():
    found = Judged(np.array([1.0, 1.0, 1.0, 0.0]), np.array([1 / 6, 1 / 6, 1 / 6, 1 / 2]), np.array([0, 0, 0, 1]))
    gain, error = found.gain_over(found._replace(terms=np.zeros(4)))
    assert (gain, error) == (pytest.approx(0.5), pytest.approx(0.5))  # one domain gains 1, the other nothing


def test_a_choice_is_the_strongest_pull_that_is_not_clearly_worse_than_the_best():
    opinions = drawn(1, [1.5, 1.0, 0.0], documents=120)
    make = partial(OneForAll, opinions)
    strength, found = choose(make, opinions)
    tries = {one: held_out(make, opinions, one) for one in STRENGTHS[1:]}
    best = max(tries.values(), key=lambda one: one.shares @ one.terms)
    assert np.array_equal(found.terms, tries[strength].terms)
    for one, other in tries.items():
        gain, error = best.gain_over(other)
        assert gain <= error or one > strength


@settings(max_examples=8)
@given(st.integers(0, 1000), st.booleans())
def test_a_teacher_that_knows_nothing_loses_weight(seed, multi_label):
    weights, _ = _fitted(drawn(seed, [1.0, 1.0, 1.0, 0.0], documents=160, multi_label=multi_label), 0.1)
    assert weights[3] == min(weights)
    assert weights[3] < 0.2


def test_several_labels_a_document_are_judged_one_by_one():
    weights, _ = _fitted(drawn(0, [1.5, 0.7, 0.0], documents=120, classes=3, multi_label=True), 0.03)
    assert weights[0] > weights[1] > weights[2]
