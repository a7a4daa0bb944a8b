from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, softmax

from cdkd_kg.config import FusionConfig
from cdkd_kg.teachers.ensemble import Fold, calibrate, fuse_experts
from cdkd_kg.teachers.fusion import entropy_gate, fit_weights, fuse, match_prior
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


@given(st.integers(0, 100), st.booleans())
def test_matching_gives_the_prior_and_keeps_the_order_of_documents(seed, multi_label):
    random = np.random.default_rng(seed)
    logits, prior = random.normal(size=(60, 3)) * 2 + random.normal(size=3), random.dirichlet(np.ones(3) * 5)
    matched = match_prior(logits, prior, multi_label)
    mean = (expit(matched) if multi_label else softmax(matched, axis=1)).mean(axis=0)
    assert mean == pytest.approx(np.clip(prior, 1e-4, 1), abs=1e-3)
    shift = matched - logits
    assert shift == pytest.approx(np.broadcast_to(shift[0], shift.shape))


def _held(logits, task, correction):
    """Return how far the priors of an expert are corrected, and its logits after that."""
    found = calibrate("spread", [Fold({"spread": logits}, task, task.validation)], correction)
    return found.correction, found.applied(logits, task)


def test_a_flat_belief_with_a_lean_does_not_swallow_a_class_once_it_is_sharpened():
    truth = np.eye(2)[np.arange(300) % 2]
    source = np.arange(300) < 100
    lean = np.where(source[:, None], 0.0, np.array([0.2, 0.0]))
    flat = 0.1 * truth + lean + 0.02 * np.random.default_rng(0).normal(size=truth.shape)
    masks = [np.zeros(300, bool), source, ~source]
    domains = np.where(source, "source", "target")
    task = GraphTask(truth.astype(np.float32), *masks, domains, np.full((300, 2), 0.5, np.float32), False)
    said = [_held(flat, task, match)[1][~source].argmax(1) for match in (0.0, 1.0)]
    right = [(answer == truth[~source].argmax(1)).mean() for answer in said]
    assert right[0] < 0.6
    assert right[1] > 0.95


def test_only_validation_rows_decide_temperatures_and_weights():
    validation = np.arange(200) < 100
    even, domains = np.full((200, 3), 1 / 3, np.float32), np.array(["source"] * 200)
    config = FusionConfig(prior_correction=False)
    task = GraphTask(TRUTH.astype(np.float32), ~validation, validation, ~validation, domains, even, False)
    experts = {"text": _expert(3), "rgcn": _expert(2, 2)}
    altered = {name: np.where(validation[:, None], logits, 100 * logits) for name, logits in experts.items()}
    told = fuse_experts(experts, task, config).experts
    assert fuse_experts(altered, task, config).experts == told


def gated(experts: dict[str, np.ndarray], multi_label: bool = False) -> np.ndarray:
    return fuse(experts, entropy_gate(experts, multi_label))


def test_golden_entropy_gate_and_the_unsure_say_nothing() -> None:
    sure, unsure = np.array([[4.0, 0.0]]), np.array([[0.0, 0.0]])
    assert np.allclose(gated({"a": sure, "b": unsure}), sure, atol=1e-6)
    assert np.allclose(gated({"a": unsure, "b": unsure}), unsure)
    assert np.allclose(gated({"a": sure, "b": -sure}), 0.0)
    assert np.allclose(gated({"a": sure, "b": unsure}, multi_label=True), sure, atol=1e-6)


@given(st.integers(0, 100), st.booleans())
def test_the_gate_lies_between_its_experts_and_does_not_know_their_order(seed: int, multi_label: bool) -> None:
    random = np.random.default_rng(seed)
    one, other = random.normal(size=(5, 3)) * 3, random.normal(size=(5, 3)) * 3
    fused = gated({"a": one, "b": other}, multi_label)
    assert (fused <= np.maximum(one, other) + 1e-9).all()
    assert (fused >= np.minimum(one, other) - 1e-9).all()
    assert np.allclose(fused, gated({"a": other, "b": one}, multi_label))


def _leaning(share: float) -> tuple[np.ndarray, GraphTask]:
    """Return logits that are right about how many documents are what, and a text teacher that is off by ``share``."""
    truth = np.eye(2, dtype=np.float32)[(np.arange(400) % 4 == 0).astype(int)]
    validation = np.arange(400) < 200
    wrong = np.tile(np.array([0.75 - share, 0.25 + share], dtype=np.float32), (400, 1))
    domains = np.array(["source"] * 400)
    task = GraphTask(truth, np.zeros(400, bool), validation, ~validation, domains, wrong, False)
    return 1.2 * truth + np.random.default_rng(0).normal(size=truth.shape), task


def test_priors_of_text_that_source_validation_speaks_against_are_not_imposed():
    logits, task = _leaning(0.5)
    assert _held(logits, task, "validation")[0] == 0
    assert _held(logits, task, 1.0)[0] == 1


def test_priors_of_text_that_do_no_harm_are_imposed():
    logits, task = _leaning(0.0)
    assert _held(logits, task, "validation")[0] == 1


def test_without_validation_rows_text_is_believed():
    logits, task = _leaning(0.5)
    assert _held(logits, replace(task, validation=np.zeros(400, bool)), "validation")[0] == 1


def test_a_domain_that_was_left_out_judges_what_learned_from_it_would_flatter():
    """Two experts are as good where they have seen labels; where they have not, one of them knows nothing."""
    generator = np.random.default_rng(0)
    truth = np.eye(2, dtype=np.float32)[np.arange(400) % 2]
    domains = np.array(["a", "b"])[(np.arange(400) >= 200).astype(int)]
    validation, none = np.ones(400, bool), np.zeros(400, bool)
    task = GraphTask(truth, none, validation, none, domains, np.full((400, 2), 0.5, np.float32), False)
    noise = [generator.normal(size=truth.shape) for _ in range(2)]
    seen = {"general": 4 * truth + noise[0], "local": 4 * truth + noise[1]}
    unseen = {"general": 4 * truth + noise[0], "local": 4 * generator.normal(size=truth.shape)}
    folds = [Fold(unseen, task, domains == name) for name in ("a", "b")]
    config = FusionConfig(weights="leave_one_out")
    usual, left = (fuse_experts(seen, task, config, given).experts for given in ((), folds))
    says = {name: about["weight"] / about["temperature"] for name, about in usual.items()}
    assert says["local"] > 0.5 * says["general"]
    says = {name: about["weight"] / about["temperature"] for name, about in left.items()}
    assert says["local"] < 0.1 * says["general"]
