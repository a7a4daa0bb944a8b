"""The learned part of entities: what it can tell apart, and where link prediction starts it."""

import numpy as np
import pytest
import torch
from torch_geometric.data import HeteroData

from cdkd_kg.config import GraphTeacherConfig
from cdkd_kg.teachers.adjacency import Relations
from cdkd_kg.teachers.encoders.build import NodeClassifier, encoder
from cdkd_kg.teachers.learned_entities import SIZE, pretrained_entities
from cdkd_kg.teachers.network import network_expert
from tests.teachers.helpers import two_classes, without_entities

CONFIG = GraphTeacherConfig(encoders=("rgcn",), epochs=40, hidden=8, bases=4)
KIN, FAMILIES = 8, 4


def families() -> HeteroData:
    """Entities that are linked to all of their family and to nobody else."""
    one, other = np.divmod(np.arange((KIN * FAMILIES) ** 2), KIN * FAMILIES)
    linked = (one % FAMILIES == other % FAMILIES) & (one != other)
    data = without_entities(4)
    data["entity"].num_nodes = KIN * FAMILIES
    data["entity", "kin", "entity"].edge_index = torch.from_numpy(np.stack([one[linked], other[linked]]))
    data["entity", "kin", "entity"].edge_weight = torch.ones(int(linked.sum()))
    return data


def test_entities_without_features_are_told_apart():
    task, _ = two_classes(200, np.random.default_rng(0))
    data = without_entities(200)
    data["entity"].num_nodes = 2
    ends = np.stack([np.arange(200), task.targets.argmax(1)])
    data["document", "mentions", "entity"].edge_index = torch.from_numpy(ends)
    data["document", "mentions", "entity"].edge_weight = torch.ones(200)
    beliefs = task.targets * 0.6 + 0.2
    config = GraphTeacherConfig(encoders=("rgcn",))
    expert = network_expert("rgcn", data, np.zeros((202, 3), np.float32), task, beliefs, config, seed=0)
    assert (expert.logits[40:].argmax(1) == task.targets[40:].argmax(1)).all()


def test_a_document_has_no_learned_part():
    relations = Relations.of(families())
    learned = torch.randn(KIN * FAMILIES, 8)
    model = NodeClassifier(3, 2, encoder("mlp", relations, CONFIG), learned, 0.0).eval()
    features, nodes = torch.ones(36, 3), torch.arange(36)
    before = model(features, nodes, 4, relations)[0]
    with torch.no_grad():
        model.learned += 1
    after = model(features, nodes, 4, relations)[0]
    assert torch.equal(before[:4], after[:4])
    assert not torch.equal(before[4:], after[4:])
    part = torch.tensor([1, 7, 35])
    assert torch.allclose(model(features[part], part, 4, relations)[0], after[part], atol=1e-6)


@pytest.mark.parametrize("decoder", ["distmult", "complex", "rotate"])
def test_pretraining_finds_who_is_linked_and_repeats_itself(decoder):
    config = CONFIG.model_copy(update={"pretraining": decoder, "hidden": 16})
    vectors, notes = pretrained_entities(families(), config, seed=1)
    assert vectors.shape == (KIN * FAMILIES, 16)
    assert np.sqrt(np.square(vectors).mean()) == pytest.approx(SIZE, rel=1e-5)
    assert notes["pretraining"]["decoder"] == decoder
    assert notes["pretraining"]["mrr"] > 2 * notes["pretraining"]["chance"]
    assert np.array_equal(vectors, pretrained_entities(families(), config, seed=1)[0])


def test_without_links_or_without_a_decoder_nothing_is_pretrained(caplog):
    assert pretrained_entities(families(), CONFIG, seed=0) == (None, {})
    config = CONFIG.model_copy(update={"pretraining": "distmult"})
    assert pretrained_entities(without_entities(4), config, seed=0) == (None, {})
    assert "no edge joins two entities" in caplog.text


def test_networks_start_from_the_vectors():
    task, geometry = two_classes(60, np.random.default_rng(0))
    data = without_entities(60)
    data["entity"].num_nodes = 3
    ends = torch.tensor([[place, place % 3] for place in range(60)]).T
    data["document", "mentions", "entity"].edge_index = ends
    data["document", "mentions", "entity"].edge_weight = torch.ones(60)
    features = np.concatenate([geometry, np.zeros((3, geometry.shape[1]), np.float32)])
    answers = [
        network_expert("rgcn", data, features, task, task.beliefs, CONFIG, 0, start).logits
        for start in (None, np.zeros((3, 8), np.float32), np.ones((3, 8), np.float32))
    ]
    assert np.array_equal(answers[0], answers[1])
    assert not np.array_equal(answers[0], answers[2])
