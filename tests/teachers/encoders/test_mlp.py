import torch

from cdkd_kg.teachers.encoders.mlp import MLPLayer
from cdkd_kg.teachers.encoders.rgcn import RGCNLayer
from tests.teachers.helpers import equal_weights, relations


def test_it_has_the_size_of_its_model_and_sees_no_edge() -> None:
    size = sum(part.numel() for part in RGCNLayer(64, 64, relations=10, bases=8).parameters())
    layer, nodes = MLPLayer(64, size), torch.randn(4, 64)
    assert abs(sum(part.numel() for part in layer.parameters()) - size) < 0.01 * size
    assert torch.equal(layer(nodes, equal_weights()), layer(nodes, relations()))
