"""Texts are compared with the names of labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cdkd_kg.teachers.label_names import SCALE, names_expert
from tests.teachers.helpers import two_classes

NAMES = np.array([[1.0, 0.0], [0.0, 2.0]], dtype=np.float32)


def test_a_document_is_what_it_is_nearest_to():
    task, _ = two_classes(40, np.random.default_rng(0))
    documents = (task.targets + 0.3).astype(np.float32)
    expert = names_expert(documents, NAMES, task)
    assert (expert.logits.argmax(1) == task.targets.argmax(1)).all()
    assert expert.logits[0].max() == pytest.approx(SCALE * 1.3 / np.hypot(1.3, 0.3))


def test_no_label_of_any_document_is_looked_at():
    task, documents = two_classes(40, np.random.default_rng(0))
    names = np.eye(2, documents.shape[1], dtype=np.float32)
    other = replace(task, targets=1 - task.targets)
    assert np.array_equal(names_expert(documents, names, task).logits, names_expert(documents, names, other).logits)


def test_independent_labels_start_from_how_frequent_they_are():
    task, _ = two_classes(40, np.random.default_rng(0))
    targets = np.zeros_like(task.targets)
    targets[np.flatnonzero(task.training)[0], 0] = 1
    many = replace(task, targets=targets, multi_label=True)
    logits = names_expert(np.ones((40, 2), np.float32), NAMES, many).logits
    share = 1 / task.training.sum()
    assert logits[0] == pytest.approx([np.log(share / (1 - share)), np.log(1e-3 / (1 - 1e-3))], abs=1e-4)


def test_a_text_of_zeros_says_nothing():
    task, _ = two_classes(40, np.random.default_rng(0))
    assert (names_expert(np.zeros((40, 2), np.float32), NAMES, task).logits == 0).all()
