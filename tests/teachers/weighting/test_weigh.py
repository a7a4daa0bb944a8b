"""What must hold of weights whatever way they are found."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax

from cdkd_kg.config import DomainWeights
from cdkd_kg.teachers.weighting.weigh import MOST, TRAINED, mean_weights, together, weigh
from tests.teachers.weighting.helpers import drawn, with_twin

WAYS: tuple[DomainWeights, ...] = get_args(DomainWeights)
ways = pytest.mark.parametrize("way", WAYS)
trained = pytest.mark.parametrize("way", TRAINED)
seeds = st.integers(0, 1000)


def _on_target(way, opinions, seed=0):
    return mean_weights(opinions, weigh(way, opinions, seed).weights)["target"]


@ways
@settings(max_examples=5)
@given(seeds, st.integers(1, 4), st.booleans())
def test_every_document_has_weights_that_sum_to_one_and_its_own_teacher_where_there_is_one(
    way, seed, teachers, multi_label
):
    opinions = drawn(seed, [2.0] * teachers, documents=12, multi_label=multi_label)
    weights = weigh(way, opinions, seed).weights
    assert weights.shape == opinions.own.shape
    assert (weights >= 0).all()
    assert weights.sum(axis=1) == pytest.approx(1)
    assert np.array_equal(weights[opinions.own.any(axis=1)], opinions.own[opinions.own.any(axis=1)])


@ways
@settings(max_examples=3)
@given(seeds)
def test_the_order_of_teachers_and_of_documents_does_not_matter(way, seed):
    opinions = drawn(seed, [1.0, 0.5, 0.0], documents=40)
    order, rows = [2, 0, 1], np.random.default_rng(seed).permutation(len(opinions.domains))
    other = replace(
        opinions,
        teachers=tuple(opinions.teachers[place] for place in order),
        logits=opinions.logits[order][:, rows],
        geometry=opinions.geometry[rows],
        domains=opinions.domains[rows],
        targets=opinions.targets[rows],
        judged=opinions.judged[rows],
    )
    found, again = weigh(way, opinions, seed), weigh(way, other, seed)
    assert found.strength == again.strength
    assert again.weights == pytest.approx(found.weights[rows][:, order], abs=1e-3)


@ways
def test_a_twin_has_the_weight_of_the_first(way):
    found = _on_target(way, with_twin(drawn(4, [1.0, 3.0, 0.0])))
    assert found["twin"] == pytest.approx(found["domain0"], abs=1e-3)


def test_a_twin_leaves_how_others_compare_in_a_document_to_how_sure_they_are():
    opinions = drawn(4, [1.0, 3.0, 2.0])
    alone, both = (
        weigh("confidence", one).weights[opinions.domains.size - 60 : opinions.domains.size]
        for one in (opinions, with_twin(opinions))
    )
    assert both[:, 1] / both[:, 2] == pytest.approx(alone[:, 1] / alone[:, 2])


@pytest.mark.parametrize("way", ["validation", "domain_graph"])
def test_a_teacher_that_knows_nothing_loses_weight(way):
    found = _on_target(way, drawn(0, [1.0, 1.0, 1.0, 0.0], documents=200))
    assert found["domain3"] == min(found.values())
    assert found["domain3"] < 0.2


def _with_an_easy_domain(seed):
    """Return teachers of which the last is right on its own easy domain and on no other; the others are good at all."""
    opinions = drawn(seed, [1.0, 1.0, 1.0, 0.0], documents=60)
    easy = opinions.domains == "domain3"
    logits = opinions.logits.copy()
    logits[:, easy] = 6 * (2 * opinions.targets[easy] - 1)
    return replace(opinions, logits=logits)


@trained
@settings(max_examples=3)
@given(seeds)
def test_the_easiest_domain_does_not_take_all(way, seed):
    found = weigh(way, opinions := _with_an_easy_domain(seed))
    mean = mean_weights(opinions, found.weights)["target"]
    assert max(mean.values()) <= MOST
    assert mean["domain3"] < 0.5


def test_who_is_sure_without_being_right_is_not_given_everything():
    opinions = drawn(0, [0.5, 0.5, 0.0], documents=120)
    boasting = replace(opinions, logits=opinions.logits * np.array([0.1, 0.1, 100.0])[:, None, None])
    found = weigh("confidence", boasting)
    assert "the one of domain2 had" in found.warning
    assert "on target" in found.warning
    assert found.weights[opinions.domains == "target"] == pytest.approx(1 / 3)


@ways
def test_without_judges_or_with_one_teacher_all_count_alike(way):
    opinions = drawn(0, [1.0, 0.5, 0.0], documents=12)
    found = weigh(way, replace(opinions, judged=np.zeros_like(opinions.judged)))
    assert found.weights[opinions.domains == "target"] == pytest.approx(1 / 3)
    assert ("no validation rows" in found.warning) is (way != "uniform")
    assert (weigh(way, drawn(0, [2.0], documents=12)).weights == 1).all()


@trained
def test_with_two_source_domains_nothing_can_be_learned_and_that_is_told(way):
    opinions = drawn(0, [3.0, 0.0])
    found = weigh(way, opinions)
    assert found.weights[opinions.domains == "target"] == pytest.approx(0.5)
    assert "takes three" in found.warning


@trained
def test_equal_weights_stay_where_nothing_else_is_clearly_better(way):
    opinions = drawn(5, [0.0, 0.0, 0.0])
    found = weigh(way, opinions)
    assert found.strength == np.inf
    assert found.weights[opinions.domains == "target"] == pytest.approx(1 / 3)


def test_the_target_s_labels_are_not_looked_at():
    opinions = drawn(0, [3.0, 1.0, 0.0])
    hidden = replace(opinions, targets=np.where(opinions.judged[:, None], opinions.targets, np.nan))
    for way in WAYS:
        assert np.array_equal(weigh(way, opinions).weights, weigh(way, hidden).weights)


@given(seeds, st.booleans())
def test_together_is_the_product_of_what_each_believes(seed, multi_label):
    opinions = drawn(seed, [2.0, 1.0, 0.5], documents=4, classes=3, multi_label=multi_label)
    weights = np.random.default_rng(seed).dirichlet(np.ones(3), len(opinions.domains))
    said = together(opinions, weights)
    if multi_label:
        on, off = (np.prod(expit(sign * opinions.logits) ** weights.T[:, :, None], axis=0) for sign in (1, -1))
        assert expit(said) == pytest.approx(on / (on + off))
    else:
        product = np.prod(softmax(opinions.logits, axis=2) ** weights.T[:, :, None], axis=0)
        assert softmax(said, axis=1) == pytest.approx(product / product.sum(axis=1, keepdims=True))
