"""Subgraphs say of their seeds what the whole graph says, or a sample of it."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkd_kg.config import GraphTeacherConfig, Network
from cdkd_kg.errors import TrainingError
from cdkd_kg.teachers import network
from cdkd_kg.teachers.adjacency import Relations
from cdkd_kg.teachers.encoders.build import encoder
from cdkd_kg.teachers.graph import with_similar_texts
from cdkd_kg.teachers.network import network_expert, training_bytes
from cdkd_kg.teachers.subgraphs import Subgraphs, whole_graph
from tests.teachers.helpers import two_classes, without_entities

NODES, DOCUMENTS = 30, 20


def graph(seed: int = 0, edges: int = 120) -> Relations:
    generator = torch.Generator().manual_seed(seed)
    typed = {
        "mentions": (0, DOCUMENTS, DOCUMENTS, NODES),
        "mentions^-1": (DOCUMENTS, NODES, 0, DOCUMENTS),
        "broader": (DOCUMENTS, NODES, DOCUMENTS, NODES),
        "similar": (0, DOCUMENTS, 0, DOCUMENTS),
    }
    found = {}
    for name, (low, high, first, last) in typed.items():
        ends = [torch.randint(*span, (edges // 4,), generator=generator) for span in ((low, high), (first, last))]
        found[name] = torch.stack(ends), torch.rand(edges // 4, generator=generator) + 0.1
    return Relations.from_edges(found, NODES, DOCUMENTS)


@pytest.mark.parametrize("name", get_args(Network))
def test_with_all_neighbours_a_seed_gets_what_the_whole_graph_gives(name):
    relations, config = graph(), GraphTeacherConfig(encoders=(name,), hidden=8, layers=2, dropout=0.0)
    torch.manual_seed(0)
    model, nodes = encoder(name, relations, config).eval(), torch.randn(NODES, 8)
    part = Subgraphs(relations, 1000, 2).around(torch.tensor([7, 2]), torch.Generator())
    with torch.no_grad():
        whole, mine = model(nodes, relations), model(nodes[part.nodes], part.relations)
    assert part.nodes[part.seeds].tolist() == [7, 2]
    assert mine[part.seeds].numpy() == pytest.approx(whole[[7, 2]].numpy(), abs=1e-5)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 3))
def test_a_sample_is_bounded_and_holds_real_edges_only(seed, fanout, hops):
    relations = graph(seed)
    real = {
        (name, int(a), int(b))
        for a, b, kind in zip(relations.edges.receiver, relations.edges.sender, relations.edges.relation, strict=True)
        for name in [relations.names[int(kind)]]
    }
    part = Subgraphs(relations, fanout, hops).around(torch.tensor([0, 5]), torch.Generator().manual_seed(seed))
    edges = part.relations.edges
    assert len(part.nodes) <= 2 * sum(fanout**hop for hop in range(hops + 1))
    assert part.nodes.tolist() == sorted(set(part.nodes.tolist()))
    assert part.relations.documents == sum(node < DOCUMENTS for node in part.nodes.tolist())
    assert part.relations.names == relations.names
    for a, b, kind in zip(edges.receiver, edges.sender, edges.relation, strict=True):
        assert (relations.names[int(kind)], int(part.nodes[a]), int(part.nodes[b])) in real


def test_edges_of_a_hub_are_all_drawn_as_often():
    leaves = torch.arange(1, NODES)
    star = Relations.from_edges({"similar": (torch.stack([torch.zeros_like(leaves), leaves]), torch.ones(29))}, NODES)
    chance, cut, counts = torch.Generator().manual_seed(0), Subgraphs(star, 10, 1), np.zeros(NODES)
    for _ in range(600):
        counts[cut.around(torch.tensor([0]), chance).nodes] += 1
    assert counts[0] == 600
    assert counts[1:].sum() == 6000
    assert counts[1:].min() > 150
    assert counts[1:].max() < 265


def test_a_graph_over_the_memory_budget_is_learned_from_in_parts(monkeypatch):
    monkeypatch.setattr(network, "BATCH", 40)
    task, geometry = two_classes(200, np.random.default_rng(0))
    data = with_similar_texts(without_entities(200), geometry, k=5)
    small = GraphTeacherConfig(epochs=10, hidden=8, memory_gib=1e-6)
    beliefs = (task.targets * 0.6 + 0.2).astype(np.float32)
    found = [network_expert("rgcn", data, geometry, task, beliefs, small, seed=3) for _ in range(2)]
    assert found[0].notes["subgraphs"] is True
    assert (found[0].logits[40:].argmax(1) == task.targets[40:].argmax(1)).mean() > 0.9
    assert np.array_equal(found[0].logits, found[1].logits)
    large = network_expert("rgcn", data, geometry, task, beliefs, small.model_copy(update={"memory_gib": 4.0}), seed=3)
    assert large.notes["subgraphs"] is False


def test_features_that_are_no_numbers_are_told_with_the_documents_of_the_batch(monkeypatch):
    monkeypatch.setattr(network, "BATCH", 40)
    task, geometry = two_classes(200, np.random.default_rng(0))
    data = with_similar_texts(without_entities(200), geometry, k=5)
    data["document"].ids = [f"news/{place}" for place in range(200)]
    geometry[77] = np.nan
    config = GraphTeacherConfig(epochs=2, hidden=8, memory_gib=1e-6)
    with pytest.raises(TrainingError, match=r"rgcn, epoch 1.*not finite: news/77\."):
        network_expert("rgcn", data, geometry, task, task.beliefs, config, seed=3)


def test_the_memory_of_a_step_is_linear_in_the_graph():
    config = GraphTeacherConfig()
    one, two = graph(edges=120), graph(edges=240)
    small, large = (training_bytes("gat", relations, 16, config) for relations in (one, two))
    assert small < large < 2 * small
    assert training_bytes("rgcn", one, 16, config) < small


def test_the_whole_graph_is_its_own_part():
    relations = graph()
    part = whole_graph(relations, torch.tensor([3]))
    assert part.nodes[part.seeds].tolist() == [3]
    assert part.relations is relations
