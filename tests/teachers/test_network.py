from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from cdkd_kg.config import GraphTeacherConfig, Network
from cdkd_kg.errors import TrainingError
from cdkd_kg.teachers.calibration import probabilities
from cdkd_kg.teachers.graph import with_similar_texts
from cdkd_kg.teachers.network import network_expert
from cdkd_kg.teachers.spreading import spreading_expert
from tests.teachers.helpers import two_classes, without_entities


@pytest.mark.parametrize("name", get_args(Network))
def test_every_network_learns_from_few_labels_and_repeats_itself(name):
    task, geometry = two_classes(200, np.random.default_rng(0))
    data = with_similar_texts(without_entities(200), geometry, k=5)
    config = GraphTeacherConfig(encoders=(name,), epochs=30, hidden=8)
    experts = [network_expert(name, data, geometry, task, task.targets * 0.6 + 0.2, config, seed=3) for _ in range(2)]
    assert (experts[0].logits[40:].argmax(1) == task.targets[40:].argmax(1)).mean() > 0.9
    assert experts[0].embedding.shape == (200, 8)
    assert np.array_equal(experts[0].logits, experts[1].logits)


@pytest.mark.parametrize("name", get_args(Network))
def test_a_graph_without_an_edge_is_learned_from_all_the_same(name):
    task, geometry = two_classes(60, np.random.default_rng(0))
    config = GraphTeacherConfig(encoders=(name,), epochs=10, hidden=8)
    expert = network_expert(name, without_entities(60), geometry, task, task.beliefs, config, seed=0)
    assert np.isfinite(expert.logits).all()


def test_features_that_are_no_numbers_stop_the_training_with_the_epoch():
    task, geometry = two_classes(60, np.random.default_rng(0))
    geometry[7] = np.nan
    data = with_similar_texts(without_entities(60), np.nan_to_num(geometry), k=3)
    with pytest.raises(TrainingError, match="rgcn, epoch 1"):
        network_expert("rgcn", data, geometry, task, task.beliefs, GraphTeacherConfig(hidden=8), seed=0)


def test_both_experts_learn_from_few_labels_and_the_graph_and_repeat_themselves():
    task, geometry = two_classes(200, np.random.default_rng(0))
    data = with_similar_texts(without_entities(200), geometry, k=5)
    config = GraphTeacherConfig(epochs=30, hidden=8)
    spread = probabilities(spreading_expert("propagation", data, task, config).logits, task.targets, task.validation)
    for make in (
        lambda: spreading_expert("propagation", data, task, config),
        lambda: network_expert("rgcn", data, geometry, task, spread, config, seed=3),
    ):
        expert = make()
        assert (expert.logits[40:].argmax(1) == task.targets[40:].argmax(1)).mean() > 0.9
        assert np.array_equal(expert.logits, make().logits)


def test_similar_texts_are_symmetric_and_never_oneself():
    _, geometry = two_classes(50, np.random.default_rng(1))
    data = with_similar_texts(without_entities(50), geometry, k=3)
    pairs = set(map(tuple, data["document", "similar", "document"].edge_index.T.tolist()))
    assert all((b, a) in pairs and a != b for a, b in pairs)
    assert all(sum(a == node for a, _ in pairs) >= 3 for node in range(50))


def test_beliefs_hold_the_network_where_what_tells_source_classes_apart_misleads():
    task, _ = two_classes(200, np.random.default_rng(0))
    sign = np.where(task.unlabelled, -1, 1)[:, None] * (2 * task.targets[:, :1] - 1)
    features = np.concatenate([3 * sign, 0.5 * (2 * task.targets - 1)], axis=1).astype(np.float32)
    features += 0.1 * np.random.default_rng(1).normal(size=features.shape).astype(np.float32)
    beliefs = (0.8 * task.targets + 0.1).astype(np.float32)
    config, data = GraphTeacherConfig(epochs=60, hidden=8), without_entities(200)
    held = network_expert("rgcn", data, features, task, beliefs, config, seed=0)
    without = replace(task, unlabelled=np.zeros(200, bool))
    alone = network_expert("rgcn", data, features, without, beliefs, config, seed=0)
    right = [(expert.logits[40:].argmax(1) == task.targets[40:].argmax(1)).mean() for expert in (held, alone)]
    assert right[0] > 0.95
    assert right[1] < 0.5
