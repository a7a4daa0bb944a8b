import torch
from torch_geometric.nn import SAGEConv

from cdkd_kg.teachers.encoders.sage import SAGELayer
from tests.teachers.helpers import relations


def test_with_equal_weights_it_is_pyg_sageconv_with_mean() -> None:
    torch.manual_seed(0)
    layer, peer, nodes = SAGELayer(5, 3), SAGEConv(5, 3), torch.randn(4, 5)
    with torch.no_grad():
        peer.lin_r.weight.copy_(layer.root.weight)
        peer.lin_l.bias.copy_(layer.root.bias)
        peer.lin_l.weight.copy_(layer.neighbours.weight)
    pairs = [(0, 1), (0, 2), (3, 1)]
    index = torch.tensor([(sender, receiver) for receiver, sender in pairs]).T
    assert torch.allclose(layer(nodes, relations(a=(pairs, [1.0] * 3))), peer(nodes, index), atol=1e-6)


def test_golden_number_over_two_relations() -> None:
    layer = SAGELayer(1, 1)
    with torch.no_grad():
        layer.root.weight.fill_(1.0)
        layer.root.bias.fill_(0.5)
        layer.neighbours.weight.fill_(2.0)
    nodes = torch.tensor([[1.0], [10.0], [20.0], [0.0]])
    found = layer(nodes, relations(a=([(0, 1)], [4.0]), b=([(0, 2)], [0.1])))
    assert torch.allclose(found[0], torch.tensor([1.0 + 0.5 + 2.0 * 15.0]))  # each relation counts once
