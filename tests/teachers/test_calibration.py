import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from cdkd_kg.teachers.calibration import HIGHEST, LOWEST, fit_temperature, log_likelihood


@given(st.floats(0.3, 5.0), st.integers(0, 10))
def test_temperature_undoes_a_known_scale(scale, seed):
    random = np.random.default_rng(seed)
    honest = random.normal(size=(4000, 3)) * 2
    drawn = (softmax(honest, axis=1).cumsum(axis=1) > random.random((4000, 1))).argmax(axis=1)
    assert fit_temperature(honest * scale, np.eye(3)[drawn]) == pytest.approx(scale, rel=0.15)


def test_calibration_never_lowers_the_likelihood():
    random = np.random.default_rng(0)
    logits, targets = random.normal(size=(50, 4)) * 9, np.eye(4)[random.integers(0, 4, 50)]
    temperature = fit_temperature(logits, targets)
    assert log_likelihood(logits / temperature, targets, False) >= log_likelihood(logits, targets, False)


def test_no_document_changes_nothing_and_a_hopeless_teacher_is_cooled_as_far_as_it_goes():
    assert fit_temperature(np.zeros((0, 3)), np.zeros((0, 3))) == 1.0
    assert fit_temperature(np.eye(3) * 5, np.roll(np.eye(3), 1, axis=0)) == HIGHEST


@given(st.integers(3, 300), st.floats(0.5, 50))
def test_a_perfect_validation_gives_the_confidence_that_its_size_supports(documents, scale):
    targets = np.eye(3)[np.arange(documents) % 3]
    temperature = fit_temperature(targets * scale, targets)
    confidence = softmax(targets * scale / temperature, axis=1).max(axis=1)
    if LOWEST < temperature < HIGHEST:
        assert confidence == pytest.approx((documents + 1) / (documents + 2), abs=2e-3)


def test_multi_label_likelihood_is_bernoulli():
    logits, targets = np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]])
    assert log_likelihood(logits, targets, True) == pytest.approx(np.log(0.5))
