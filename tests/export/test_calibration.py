"""A temperature is of rows enough to tell it; of few rows a domain has that of all."""

import numpy as np

from cdkd_kg.export.calibration import ENOUGH, abstention, calibration_errors, temperatures


def test_a_domain_of_few_rows_has_no_temperature_of_its_own():
    logits, targets = np.tile([[3.0, 0.0]], (ENOUGH + 5, 1)), np.tile([[1.0, 0.0]], (ENOUGH + 5, 1))
    targets[-1] = [0.0, 1.0]  # one of five, which alone would make it doubt everything
    pooled, each = temperatures(logits, targets, ["many"] * ENOUGH + ["few"] * 5, False)
    assert each.keys() == {"many"}
    assert 0.3 < pooled < 3


def test_a_student_that_is_too_sure_is_made_less_so():
    drawn = np.random.default_rng(0)
    targets = np.eye(2)[(drawn.random(400) < 0.7).astype(int)]
    logits = np.tile([[0.0, 5.0]], (400, 1))
    temperature, _ = temperatures(logits, targets, ["news"] * 400, False)
    errors = calibration_errors(logits, targets, temperature, False)
    assert temperature > 3
    assert errors["after"] < 0.05 < errors["before"]


def test_abstaining_answers_less_and_is_right_more_often():
    logits = np.array([[0.1, 0.0], [0.5, 0.0], [4.0, 0.0], [5.0, 0.0]])
    targets = np.array([[0, 1], [1, 0], [1, 0], [1, 0]], dtype=float)
    found = {one["threshold"]: one for one in abstention(logits, targets, False)}
    assert found[0.5] == {"threshold": 0.5, "answered": 1.0, "right": 0.75}
    assert found[0.9] == {"threshold": 0.9, "answered": 0.5, "right": 1.0}
    assert abstention(logits[:0], targets[:0], False) == []
