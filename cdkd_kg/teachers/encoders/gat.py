"""GAT: attention over neighbours that sees the weight and the relation of each edge."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.nn import GATConv

from cdkd_kg.teachers.adjacency import Relations


class GATLayer(nn.Module):
    r"""Graph attention of PyG with edge features.

    .. math:: h'_v = W_0 h_v + b + \big\Vert_k \sum_u \alpha^k_{vu} W^k h_u, \qquad
        \alpha^k_{vu} \propto \exp \operatorname{LeakyReLU}(s_k^\top W^k h_u + t_k^\top W^k h_v + e_k^\top W^k_e f_{vu})

    where :math:`f_{vu}` is the vector of the edge's relation times its weight. A node has no edge to itself; what it
    is comes in by :math:`W_0`.

    Args:
        inputs: features of a node coming in.
        outputs: features of a node going out; a multiple of ``heads``.
        relations: number of relations.
        heads: number of heads.

    Shapes: nodes ``[V, inputs]``; the result is ``[V, outputs]``. Memory grows with the edges times ``outputs``.

    Source: Veličković et al., Graph Attention Networks, ICLR 2018.
    """

    EDGE = 8

    def __init__(self, inputs: int, outputs: int, relations: int, heads: int) -> None:
        super().__init__()
        self.root = nn.Linear(inputs, outputs)
        self.relations = nn.Parameter(torch.randn(relations, self.EDGE))
        self.attention = GATConv(inputs, outputs // heads, heads, add_self_loops=False, edge_dim=self.EDGE, bias=False)

    def forward(self, nodes: Tensor, relations: Relations) -> Tensor:
        """Return the new features of every node."""
        result: Tensor = self.root(nodes)
        if not relations.names:
            return result
        edges = relations.edges
        features = self.relations[edges.relation] * edges.weight[:, None]
        received: Tensor = self.attention(nodes, torch.stack([edges.sender, edges.receiver]), features)
        return result + received
