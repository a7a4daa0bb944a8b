import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch_geometric.data import HeteroData

from cdkd_kg.graph.tensors import MENTIONS
from cdkd_kg.teachers.adjacency import SIMILAR
from cdkd_kg.teachers.propagation import choose_weights, families, propagate


def _graph(documents=4, entities=2, similar=(), mentions=(), knowledge=()):
    data = HeteroData()
    data["document"].num_nodes, data["entity"].num_nodes = documents, entities
    for kind, edges in ((SIMILAR, similar), (MENTIONS, mentions), (("entity", "broader", "entity"), knowledge)):
        data[kind].edge_index = torch.tensor(list(edges), dtype=torch.long).reshape(-1, 2).T
        data[kind].edge_weight = torch.ones(len(edges))
    return data


def test_golden_chain_over_similar_texts():
    start = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5]])
    data = _graph(3, 0, similar=[(0, 1), (1, 0), (1, 2), (2, 1)])
    beliefs = propagate(start, families(data), {"similar": 1.0}, alpha=0.5, steps=1)
    assert torch.allclose(beliefs, torch.tensor([[0.75, 0.25], [0.625, 0.375], [0.5, 0.5]]))


def test_beliefs_pass_through_a_shared_entity_and_over_a_knowledge_edge():
    start = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]])
    shared = _graph(mentions=[(0, 0), (1, 0)])
    assert propagate(start, families(shared), {"mentions": 1.0}, 0.5, 1)[1, 0] == pytest.approx(0.625)
    linked = _graph(mentions=[(0, 0), (1, 1)], knowledge=[(0, 1)])
    beliefs = propagate(start, families(linked), {"knowledge": 1.0}, 0.5, 1)
    assert beliefs[1, 0] == pytest.approx(0.75)
    assert torch.equal(beliefs[2:], start[2:])


@given(st.integers(0, 50), st.floats(0.1, 0.95))
def test_beliefs_stay_distributions_and_the_isolated_keep_theirs(seed, alpha):
    generator = torch.Generator().manual_seed(seed)
    start = torch.rand(6, 3, generator=generator).softmax(1)
    pairs = [(0, 1), (1, 0), (1, 2), (2, 1)]
    data = _graph(6, 2, similar=pairs, mentions=[(0, 0), (3, 0), (2, 1)], knowledge=[(0, 1)])
    ways = families(data)
    beliefs = propagate(start, ways, dict.fromkeys(ways, 1.0), alpha, 7)
    assert torch.allclose(beliefs.sum(1), torch.ones(6), atol=1e-5)
    assert (beliefs >= 0).all()
    assert torch.equal(beliefs[5], start[5])


def test_renumbering_documents_renumbers_beliefs():
    start = torch.rand(4, 2, generator=torch.Generator().manual_seed(0)).softmax(1)
    order = [2, 0, 3, 1]
    place = {old: new for new, old in enumerate(order)}
    edges = [(0, 1), (1, 0), (2, 3), (3, 2)]
    before = propagate(start, families(_graph(similar=edges)), {"similar": 1.0}, 0.9, 5)
    moved = _graph(similar=[(place[a], place[b]) for a, b in edges])
    assert torch.allclose(propagate(start[order], families(moved), {"similar": 1.0}, 0.9, 5), before[order])


def test_a_family_that_does_not_help_goes_to_zero():
    chosen = choose_weights(["mentions", "similar"], lambda weights: weights["mentions"] - weights["similar"])
    assert chosen == {"mentions": 0.0, "similar": 1.0}
    assert choose_weights([], len) == {}


def test_a_graph_without_edges_changes_nothing():
    start = torch.rand(4, 2)
    assert torch.equal(propagate(start, families(_graph()), {}, 0.9, 5), start)
