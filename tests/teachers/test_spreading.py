"""Correct & Smooth: golden numbers on a chain of three documents, and what must not move."""

from dataclasses import replace

import numpy as np
import torch

from cdkd_kg.config import GraphTeacherConfig
from cdkd_kg.teachers.adjacency import SIMILAR
from cdkd_kg.teachers.graph import GraphTask
from cdkd_kg.teachers.propagation import families
from cdkd_kg.teachers.spreading import errors_spread, spreading_expert
from tests.teachers.helpers import two_classes, without_entities


def _chain() -> tuple[object, GraphTask]:
    data = without_entities(4)
    data[SIMILAR].edge_index = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    data[SIMILAR].edge_weight = torch.ones(4)
    mask = np.array([True, False, False, False])
    targets = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], np.float32)
    beliefs = np.array([[0.5, 0.5], [0.4, 0.6], [0.4, 0.6], [0.3, 0.7]], np.float32)
    none = np.zeros(4, bool)
    return data, GraphTask(targets, mask, none, ~mask, np.array(["d"] * 4), beliefs, False)


def test_golden_correction_and_smoothing() -> None:
    data, task = _chain()
    found = errors_spread(task, alpha=0.5, steps=1)(families(data), {"similar": 1.0})
    # errors (.5, -.5), 0, 0 spread once: node 0 .25, node 1 .125, node 2 nothing; each scaled to L1 norm 1 = sigma
    corrected = np.array([[1.0, 0.0], [0.9, 0.1], [0.4, 0.6], [0.3, 0.7]])
    smooth = 0.5 * np.array([corrected[1], (corrected[0] + corrected[2]) / 2, corrected[1], 2 * corrected[3] - 0.5])
    golden = smooth + 0.5 * corrected
    golden[3] = task.beliefs[3]  # nothing reaches it
    assert np.allclose(found.numpy(), golden, atol=1e-6)


def test_perfect_beliefs_are_only_smoothed_and_the_answer_repeats_itself() -> None:
    task, geometry = two_classes(100, np.random.default_rng(0))
    right = replace(task, beliefs=task.targets)
    data = without_entities(100)
    data[SIMILAR].edge_index = torch.tensor([[0, 1], [2, 3]])
    data[SIMILAR].edge_weight = torch.ones(2)
    del geometry
    config = GraphTeacherConfig()
    expert = spreading_expert("correct_and_smooth", data, right, config)
    assert (expert.logits.argmax(1) == task.targets.argmax(1)).all()
    assert np.array_equal(expert.logits, spreading_expert("correct_and_smooth", data, right, config).logits)
