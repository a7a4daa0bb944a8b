import torch

from cdkd_kg.teachers.encoders.gat import GATLayer
from tests.teachers.helpers import equal_weights, relations


def test_golden_number_of_even_attention() -> None:
    layer = GATLayer(1, 1, relations=1, heads=1)
    with torch.no_grad():
        layer.root.weight.fill_(1.0)
        layer.root.bias.fill_(0.5)
        layer.attention.lin.weight.fill_(2.0)
        for name in ("att_src", "att_dst", "att_edge"):
            getattr(layer.attention, name).zero_()
    nodes = torch.tensor([[1.0], [10.0], [20.0], [0.0]])
    found = layer(nodes, relations(a=([(0, 1), (0, 2)], [3.0, 1.0])))
    assert torch.allclose(found[:, 0], torch.tensor([1.0 + 0.5 + 2 * 15, 10.5, 20.5, 0.5]))


def test_a_stronger_edge_is_attended_to_more_when_the_relation_says_so() -> None:
    layer = GATLayer(1, 1, relations=1, heads=1)
    with torch.no_grad():
        layer.root.weight.zero_()
        layer.root.bias.zero_()
        layer.attention.lin.weight.fill_(1.0)
        layer.attention.att_src.zero_()
        layer.attention.att_dst.zero_()
        layer.attention.att_edge.fill_(1.0)
        layer.attention.lin_edge.weight.fill_(1.0)
        layer.relations.fill_(1.0)
    nodes = torch.tensor([[0.0], [10.0], [20.0], [0.0]])
    found = layer(nodes, relations(a=([(0, 1), (0, 2)], [3.0, 1.0])))[0]
    first, second = torch.tensor([0.75 * 8, 0.25 * 8]).softmax(0)
    assert torch.allclose(found, first * 10 + second * 20)


def test_heads_are_joined_to_the_width() -> None:
    assert GATLayer(8, 8, relations=2, heads=4)(torch.randn(4, 8), equal_weights()).shape == (4, 8)
