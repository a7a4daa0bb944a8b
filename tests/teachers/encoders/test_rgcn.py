import torch
from torch_geometric.nn import RGCNConv

from cdkd_kg.teachers.adjacency import Relations, SparseMatrix
from cdkd_kg.teachers.encoders.rgcn import RGCNLayer
from tests.teachers.helpers import EDGES, equal_weights, relations


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
    mine = layer(nodes, equal_weights())
    assert torch.allclose(mine, peer(nodes, index, kinds), atol=1e-6)


def test_golden_number_of_a_weighted_neighbourhood():
    layer = RGCNLayer(1, 1, relations=1, bases=1)
    with torch.no_grad():
        layer.bases.fill_(2.0)
        layer.coefficients.fill_(1.0)
        layer.root.weight.fill_(1.0)
        layer.root.bias.fill_(0.5)
    nodes = torch.tensor([[1.0], [10.0], [20.0], [0.0]])
    mine = layer(nodes, relations(a=([(0, 1), (0, 2)], [3.0, 1.0])))
    assert torch.allclose(mine[0], torch.tensor([1.0 + 0.5 + 2.0 * (0.75 * 10 + 0.25 * 20)]))
    assert torch.allclose(mine[3], torch.tensor([0.5]))


def test_gradients_are_those_of_the_dense_product():
    torch.manual_seed(0)
    typed = relations(a=(EDGES["a"], [1.0, 2.0, 1.0]), b=(EDGES["b"], [1.0, 1.0]))
    layer, nodes = RGCNLayer(3, 2, relations=2, bases=2).double(), torch.randn(4, 3, dtype=torch.double)
    dense = [matrix.to_dense().double() for matrix in (typed.gather.matrix, typed.scatter.matrix)]
    wide = Relations(typed.names, typed.sizes, *(SparseMatrix.of(matrix.to_sparse_csr()) for matrix in dense), 4)
    assert torch.autograd.gradcheck(lambda x: layer(x, wide), (nodes.requires_grad_(),))
