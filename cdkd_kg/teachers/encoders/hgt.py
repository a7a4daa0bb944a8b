"""HGT: attention that depends on the types of both nodes and of the edge."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.nn import HGTConv

from cdkd_kg.graph.tensors import DOCUMENT, ENTITY
from cdkd_kg.teachers.adjacency import Relations

_KINDS = (DOCUMENT, ENTITY)


class HGTLayer(nn.Module):
    r"""Heterogeneous graph transformer layer of PyG over documents and entities.

    .. math:: h'_v = \beta_{\tau(v)} A_{\tau(v)} \operatorname{GELU}\Big(\sum_u \operatorname{softmax}_u\big(
        \mu_r\, k_u^\top W_r q_v / \sqrt{d}\big) M_r v_u\Big) + (1 - \beta_{\tau(v)}) h_v

    with keys, queries and values by node type :math:`\tau` and :math:`W_r, M_r, \mu_r` by relation. Edge weights are
    not used. A node that nothing reaches keeps what it was.

    Args:
        width: features of a node coming in and going out; a multiple of ``heads``.
        kinds: relation names with the types of sender and receiver, as :func:`kinds_of` returns them.
        heads: number of heads.

    Shapes: nodes ``[V, width]``; the result is ``[V, width]``. Memory grows with the edges times ``width``.

    Source: Hu et al., Heterogeneous Graph Transformer, WWW 2020.
    """

    def __init__(self, width: int, kinds: list[tuple[str, str, str]], heads: int) -> None:
        super().__init__()
        self.kinds = kinds
        self.attention = HGTConv(width, width, (list(_KINDS), kinds), heads) if kinds else None

    def forward(self, nodes: Tensor, relations: Relations) -> Tensor:
        """Return the new features of every node."""
        if self.attention is None:
            return nodes
        parts = dict(zip(_KINDS, torch.tensor_split(nodes, [relations.documents]), strict=True))
        found = self.attention(parts, dict(zip(self.kinds, _edges(relations, self.kinds), strict=True)))
        return torch.cat([parts[kind] if found.get(kind) is None else found[kind] for kind in _KINDS])


def kinds_of(relations: Relations) -> list[tuple[str, str, str]]:
    """Return (type of sender, name, type of receiver) of every relation; each has one, as its edge type says."""
    return [
        (_KINDS[int(ends[0, 0] >= relations.documents)], name, _KINDS[int(ends[1, 0] >= relations.documents)])
        for name, ends in zip(relations.names, _by_relation(relations), strict=True)
    ]


def _edges(relations: Relations, kinds: list[tuple[str, str, str]]) -> list[Tensor]:
    offsets = {DOCUMENT: 0, ENTITY: relations.documents}
    return [
        ends - torch.tensor([[offsets[sender]], [offsets[receiver]]])
        for ends, (sender, _, receiver) in zip(_by_relation(relations), kinds, strict=True)
    ]


def _by_relation(relations: Relations) -> tuple[Tensor, ...]:
    """Return (sender, receiver) of the edges of each relation; they come in the order of relations."""
    edges = relations.edges
    sizes = torch.bincount(edges.relation, minlength=len(relations.names)).tolist()
    return torch.split(torch.stack([edges.sender, edges.receiver]), sizes, dim=1)
