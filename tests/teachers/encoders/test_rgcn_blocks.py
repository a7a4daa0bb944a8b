import torch
from torch_geometric.nn import RGCNConv

from cdkd_kg.teachers.encoders.rgcn_blocks import RGCNBlockLayer
from tests.teachers.helpers import EDGES, equal_weights, relations


def test_with_equal_weights_it_is_pyg_rgcnconv_with_blocks() -> None:
    torch.manual_seed(0)
    layer, peer, nodes = RGCNBlockLayer(6, 4, 2, blocks=2), RGCNConv(6, 4, 2, num_blocks=2), torch.randn(4, 6)
    with torch.no_grad():
        peer.weight.copy_(layer.blocks)
        peer.root.copy_(layer.root.weight.T)
        peer.bias.copy_(layer.root.bias)
    pairs = [(source, target, kind) for kind, name in enumerate("ab") for target, source in EDGES[name]]
    index, kinds = torch.tensor([pair[:2] for pair in pairs]).T, torch.tensor([pair[2] for pair in pairs])
    assert torch.allclose(layer(nodes, equal_weights()), peer(nodes, index, kinds), atol=1e-6)


def test_golden_number_of_two_blocks() -> None:
    layer = RGCNBlockLayer(2, 2, 1, blocks=2)
    with torch.no_grad():
        layer.blocks.copy_(torch.tensor([2.0, 3.0]).view(1, 2, 1, 1))
        layer.root.weight.zero_()
        layer.root.bias.zero_()
    nodes = torch.tensor([[0.0, 0.0], [1.0, 10.0], [5.0, 30.0], [0.0, 0.0]])
    mine = layer(nodes, relations(a=([(0, 1), (0, 2)], [3.0, 1.0])))
    assert torch.allclose(mine[0], torch.tensor([2 * 2.0, 3 * 15.0]))
