import torch

from cdkd_kg.teachers.encoders.compgcn import CompGCN
from tests.teachers.helpers import relations


def test_golden_numbers_of_a_relation_and_its_inverse() -> None:
    encoder = CompGCN(1, ("a", "a^-1"), layers=2, dropout=0.0)
    with torch.no_grad():
        encoder.vectors.copy_(torch.tensor([[2.0], [3.0], [1.0]]))
        for layer in encoder.layers:
            for part, value in ((layer.along, 1.0), (layer.against, 10.0), (layer.itself, 1.0), (layer.relation, 0.5)):
                part.weight.fill_(value)
            layer.itself.bias.fill_(0.0)
    typed = relations(**{"a": ([(0, 1)], [1.0]), "a^-1": ([(1, 0)], [1.0])})
    found = encoder(torch.tensor([[1.0], [1.0], [1.0], [0.0]]), typed)
    # layer 1: node 0 = 1 + 2 * 1, node 1 = 1 + 10 * 3 * 1; relations halve; layer 2 with z = (1, 1.5, 0.5)
    assert torch.allclose(found[:2, 0], torch.tensor([3 * 0.5 + 1 * 31, 31 * 0.5 + 10 * 1.5 * 3]))
    assert torch.allclose(found[2:, 0], torch.tensor([0.5, 0.0]))
