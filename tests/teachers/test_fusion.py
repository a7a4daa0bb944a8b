import numpy as np
import pytest
from scipy.special import softmax

from cdkd_kg.config import FusionConfig
from cdkd_kg.teachers.ensemble import fuse_experts
from cdkd_kg.teachers.fusion import correct_prior, fit_weights, fuse
from cdkd_kg.teachers.graph import GraphTask

TRUTH = np.eye(3)[np.random.default_rng(0).integers(0, 3, 200)]


def _expert(skill, seed=1):
    return TRUTH * skill + np.random.default_rng(seed).normal(size=TRUTH.shape)


def test_a_product_of_experts_multiplies_probabilities():
    one, two = np.array([[1.0, 2.0]]), np.array([[0.5, -1.0]])
    product = softmax(one) ** 0.5 * softmax(two)
    assert softmax(fuse({"a": one, "b": two}, {"a": 0.5, "b": 1.0})) == pytest.approx(product / product.sum())


def test_the_better_expert_gets_the_larger_weight_and_noise_gets_little():
    weights = fit_weights({"good": _expert(3), "noise": _expert(0, 2)}, TRUTH, np.zeros(200, int))
    assert weights["good"] > 5 * weights["noise"]


def test_each_source_domain_counts_the_same():
    groups = np.array([0] * 190 + [1] * 10)
    first, second = _expert(3, 1), _expert(3, 2)
    first[groups == 1] *= -1
    weights = fit_weights({"fails-on-the-small-one": first, "steady": second}, TRUTH, groups)
    assert weights["steady"] > weights["fails-on-the-small-one"]


def test_without_validation_the_weights_are_uniform():
    weights = fit_weights({"a": np.zeros((0, 3)), "b": np.zeros((0, 3))}, np.zeros((0, 3)), np.zeros(0, int))
    assert weights == {"a": 0.5, "b": 0.5}


def test_prior_correction_finds_a_shifted_prior():
    random = np.random.default_rng(0)
    truth = random.choice(2, 5000, p=[0.9, 0.1])
    score = random.normal(size=5000) + np.where(truth == 0, 1.0, -1.0)
    logits = np.stack([score, -score], axis=1)  # exact posterior of balanced classes at unit variance
    corrected = softmax(correct_prior(logits, np.array([0.5, 0.5])), axis=1)
    assert corrected[:, 0].mean() == pytest.approx(0.9, abs=0.02)
    assert (corrected.argmax(1) == truth).mean() > (logits.argmax(1) == truth).mean()


def test_only_validation_rows_decide_temperatures_and_weights():
    validation = np.arange(200) < 100
    task = GraphTask(
        TRUTH.astype(np.float32), ~validation, validation, ~validation, np.full((200, 3), 1 / 3, np.float32), False
    )
    domains = np.array(["source"] * 200)
    experts = {"text": _expert(3), "rgcn": _expert(2, 2)}
    altered = {name: np.where(validation[:, None], logits, 100 * logits) for name, logits in experts.items()}
    told = fuse_experts(experts, task, domains, frozenset(), FusionConfig()).experts
    assert fuse_experts(altered, task, domains, frozenset(), FusionConfig()).experts == told
