import torch
from torch_geometric.nn import HGTConv

from cdkd_kg.teachers.encoders.hgt import HGTLayer, kinds_of
from tests.teachers.helpers import relations


def _typed():
    return relations(2, **{"mentions": ([(0, 2), (1, 3)], [1.0, 1.0]), "mentions^-1": ([(2, 0), (3, 1)], [1.0, 1.0])})


def test_it_is_pyg_hgtconv_over_documents_and_entities() -> None:
    torch.manual_seed(0)
    typed, nodes = _typed(), torch.randn(4, 8)
    assert kinds_of(typed) == [("entity", "mentions", "document"), ("document", "mentions^-1", "entity")]
    layer, peer = HGTLayer(8, kinds_of(typed), heads=2), HGTConv(8, 8, (["document", "entity"], kinds_of(typed)), 2)
    peer.load_state_dict(layer.attention.state_dict())
    index = dict(zip(kinds_of(typed), (torch.tensor([[0, 1], [0, 1]]),) * 2, strict=True))
    golden = peer({"document": nodes[:2], "entity": nodes[2:]}, index)
    assert torch.allclose(layer(nodes, typed), torch.cat([golden["document"], golden["entity"]]), atol=1e-6)


def test_entities_that_nothing_reaches_keep_what_they_were() -> None:
    typed, nodes = relations(2, similar=([(0, 1), (1, 0)], [1.0, 1.0])), torch.randn(4, 8)
    found = HGTLayer(8, kinds_of(typed), heads=2)(nodes, typed)
    assert torch.equal(found[2:], nodes[2:])
    assert not torch.equal(found[:2], nodes[:2])
