"""Graphs that are legal and odd: every expert answers, with numbers."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from torch_geometric.data import HeteroData

from cdkd_kg.config import GraphTeacherConfig, Network
from cdkd_kg.teachers.concepts import concept_expert
from cdkd_kg.teachers.network import network_expert
from cdkd_kg.teachers.sgc import sgc_expert
from cdkd_kg.teachers.spreading import spreading_expert
from tests.teachers.helpers import two_classes, without_entities

DOCUMENTS = 60
MENTIONS = ("document", "mentions", "entity")


def _graph(mentions: list[tuple[int, int]], entities: int, **predicates: list[tuple[int, int]]) -> HeteroData:
    data = without_entities(DOCUMENTS)
    data["entity"].num_nodes, data["entity"].ids = entities, [f"urn:{place}" for place in range(entities)]
    typed = {MENTIONS: mentions} | {("entity", name, "entity"): pairs for name, pairs in predicates.items()}
    for kind, pairs in typed.items():
        data[kind].edge_index = torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T
        data[kind].edge_weight = torch.ones(len(pairs))
    return data


ODD = {
    "an isolated document": _graph([(place, place % 7) for place in range(1, DOCUMENTS)], 7),
    "a document linked to 10,000 entities": _graph(
        [(0, place) for place in range(10_000)] + [(place, place) for place in range(DOCUMENTS)], 10_000
    ),
    "a predicate seen once": _graph([(place, place % 7) for place in range(DOCUMENTS)], 7, rare=[(0, 1)]),
    "an entity that is broader than itself": _graph(
        [(place, place % 7) for place in range(DOCUMENTS)], 7, broader=[(0, 0), (1, 2), (2, 1)]
    ),
    "no edge": _graph([], 0),
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_every_expert_answers_with_numbers(data: HeteroData) -> None:
    task, geometry = two_classes(DOCUMENTS, np.random.default_rng(0))
    entities = data["entity"].num_nodes
    features = np.concatenate([geometry, np.random.default_rng(1).normal(size=(entities, 16)).astype(np.float32)])
    config = GraphTeacherConfig(epochs=2, hidden=8)
    experts = [sgc_expert(data, features[DOCUMENTS:], task)]
    experts += [spreading_expert(way, data, task, config) for way in ("propagation", "correct_and_smooth")]
    experts += [network_expert(name, data, features, task, task.beliefs, config, 0) for name in get_args(Network)]
    experts += filter(None, [concept_expert(data, (["urn:0"], ["urn:1"]), task)])
    for expert in experts:
        assert expert.logits.shape == (DOCUMENTS, 2)
        assert np.isfinite(expert.logits).all()
