from dataclasses import replace

import numpy as np
import torch
from torch_geometric.nn import RGCNConv

from cdkd_kg.config import GraphTeacherConfig
from cdkd_kg.teachers.adjacency import Relations, SparseMatrix
from cdkd_kg.teachers.calibration import probabilities
from cdkd_kg.teachers.encoders.rgcn import RGCN, RGCNLayer
from cdkd_kg.teachers.graph import GraphTask, propagation_expert, rgcn_expert, with_similar_texts

EDGES = {"a": [(0, 1), (0, 2), (3, 1)], "b": [(1, 0), (2, 3)]}


def _relations(**edges):
    return Relations.from_edges(
        {name: (torch.tensor(pairs).T, torch.tensor(weights)) for name, (pairs, weights) in edges.items()}, nodes=4
    )


def test_with_equal_weights_it_is_pyg_rgcnconv_with_mean():
    torch.manual_seed(0)
    layer, peer, nodes = RGCNLayer(5, 3, relations=2, bases=2), RGCNConv(5, 3, 2, num_bases=2), torch.randn(4, 5)
    with torch.no_grad():
        peer.weight.copy_(layer.bases)
        peer.comp.copy_(layer.coefficients)
        peer.root.copy_(layer.root.weight.T)
        peer.bias.copy_(layer.root.bias)
    pairs = [(source, target, kind) for kind, name in enumerate("ab") for target, source in EDGES[name]]
    index, kinds = torch.tensor([pair[:2] for pair in pairs]).T, torch.tensor([pair[2] for pair in pairs])
    mine = layer(nodes, _relations(a=(EDGES["a"], [1.0, 1.0, 1.0]), b=(EDGES["b"], [1.0, 1.0])))
    assert torch.allclose(mine, peer(nodes, index, kinds), atol=1e-6)


def test_golden_number_of_a_weighted_neighbourhood():
    layer = RGCNLayer(1, 1, relations=1, bases=1)
    with torch.no_grad():
        layer.bases.fill_(2.0)
        layer.coefficients.fill_(1.0)
        layer.root.weight.fill_(1.0)
        layer.root.bias.fill_(0.5)
    nodes = torch.tensor([[1.0], [10.0], [20.0], [0.0]])
    mine = layer(nodes, _relations(a=([(0, 1), (0, 2)], [3.0, 1.0])))
    assert torch.allclose(mine[0], torch.tensor([1.0 + 0.5 + 2.0 * (0.75 * 10 + 0.25 * 20)]))
    assert torch.allclose(mine[3], torch.tensor([0.5]))


def test_without_relations_it_is_a_network_of_its_own_features():
    assert RGCN(5, 2, _relations(), hidden=4, layers=2, bases=8, dropout=0.0)(torch.randn(3, 5))[0].shape == (3, 2)


def test_gradients_are_those_of_the_dense_product():
    torch.manual_seed(0)
    relations = _relations(a=(EDGES["a"], [1.0, 2.0, 1.0]), b=(EDGES["b"], [1.0, 1.0]))
    layer, nodes = RGCNLayer(3, 2, relations=2, bases=2).double(), torch.randn(4, 3, dtype=torch.double)
    dense = [matrix.to_dense().double() for matrix in (relations.gather.matrix, relations.scatter.matrix)]
    wide = Relations(relations.names, relations.sizes, *(SparseMatrix.of(matrix.to_sparse_csr()) for matrix in dense))
    assert torch.autograd.gradcheck(lambda x: layer(x, wide), (nodes.requires_grad_(),))


def _task(documents, rng):
    truth = np.arange(documents) % 2
    targets = np.eye(2, dtype=np.float32)[truth]
    training, validation = np.arange(documents) < 20, (np.arange(documents) >= 20) & (np.arange(documents) < 40)
    geometry = (targets @ rng.normal(size=(2, 16)) + 0.3 * rng.normal(size=(documents, 16))).astype(np.float32)
    rest = ~(training | validation)
    even, domains = np.full((documents, 2), 0.5, np.float32), np.array(["one"] * documents)
    return GraphTask(targets, training, validation, rest, domains, even, False), geometry


def _without_entities(documents):
    from torch_geometric.data import HeteroData

    data = HeteroData()
    data["document"].num_nodes, data["entity"].num_nodes = documents, 0
    return data


def test_both_experts_learn_from_few_labels_and_the_graph_and_repeat_themselves():
    task, geometry = _task(200, np.random.default_rng(0))
    data = with_similar_texts(_without_entities(200), geometry, k=5)
    config = GraphTeacherConfig(epochs=30, hidden=8)
    spread = probabilities(propagation_expert(data, task, config).logits, task.targets, task.validation)
    for make in (
        lambda: propagation_expert(data, task, config),
        lambda: rgcn_expert(data, geometry, task, spread, config, seed=3),
    ):
        expert = make()
        assert (expert.logits[40:].argmax(1) == task.targets[40:].argmax(1)).mean() > 0.9
        assert np.array_equal(expert.logits, make().logits)


def test_similar_texts_are_symmetric_and_never_oneself():
    _, geometry = _task(50, np.random.default_rng(1))
    data = with_similar_texts(_without_entities(50), geometry, k=3)
    pairs = set(map(tuple, data["document", "similar", "document"].edge_index.T.tolist()))
    assert all((b, a) in pairs and a != b for a, b in pairs)
    assert all(sum(a == node for a, _ in pairs) >= 3 for node in range(50))


def test_beliefs_hold_the_network_where_what_tells_source_classes_apart_misleads():
    task, _ = _task(200, np.random.default_rng(0))
    sign = np.where(task.unlabelled, -1, 1)[:, None] * (2 * task.targets[:, :1] - 1)
    features = np.concatenate([3 * sign, 0.5 * (2 * task.targets - 1)], axis=1).astype(np.float32)
    features += 0.1 * np.random.default_rng(1).normal(size=features.shape).astype(np.float32)
    beliefs = (0.8 * task.targets + 0.1).astype(np.float32)
    config, data = GraphTeacherConfig(epochs=60, hidden=8), _without_entities(200)
    held = rgcn_expert(data, features, task, beliefs, config, seed=0)
    alone = rgcn_expert(data, features, replace(task, unlabelled=np.zeros(200, bool)), beliefs, config, seed=0)
    right = [(expert.logits[40:].argmax(1) == task.targets[40:].argmax(1)).mean() for expert in (held, alone)]
    assert right[0] > 0.95
    assert right[1] < 0.5
