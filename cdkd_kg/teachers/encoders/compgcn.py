"""CompGCN: relations have vectors of their own, which are composed with the neighbours' and updated with them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cdkd_kg.teachers.adjacency import Relations
from cdkd_kg.teachers.encoders.encoder import Encoder


class CompGCN(Encoder):
    r"""Composition-based graph convolutions, with the composition of DistMult, :math:`\phi(h, z) = h \odot z`.

    .. math:: h'_v = W_S (h_v \odot z_S) + b
        + \sum_r W_{\lambda(r)} \Big(z_r \odot \sum_{u \in N_r(v)} a_{vu}^r h_u\Big), \qquad z'_r = W_Z z_r

    where :math:`\lambda(r)` is O for relations, I for their inverses (``x^-1``), and :math:`z_S` is the vector of the
    self-loop. The sum over neighbours comes first, because the composition is linear in them.

    Args:
        width: H, features of a node and of a relation.
        names: the R relations.
        layers: number of layers.
        dropout: share of features dropped before each layer.

    Source: Vashishth et al., Composition-based Multi-Relational Graph Convolutional Networks, ICLR 2020.
    """

    def __init__(self, width: int, names: tuple[str, ...], layers: int, dropout: float) -> None:
        super().__init__([_CompGCNLayer(width) for _ in range(layers)], dropout)
        self.vectors = nn.Parameter(torch.ones(len(names) + 1, width))
        with torch.no_grad():
            self.vectors.add_(0.1 * torch.randn(len(names) + 1, width))
        self._inverse = [name.endswith("^-1") for name in names]

    def forward(self, nodes: Tensor, relations: Relations) -> Tensor:
        """Return the new features of every node."""
        vectors = self.vectors
        for layer in self.layers:
            nodes, vectors = layer(self.dropout(nodes), vectors, relations, self._inverse)
            nodes = torch.relu(nodes)
        return nodes


class _CompGCNLayer(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.along, self.against, self.itself, self.relation = (
            nn.Linear(width, width, bias=bias) for bias in (False, False, True, False)
        )

    def forward(
        self, nodes: Tensor, vectors: Tensor, relations: Relations, inverse: list[bool]
    ) -> tuple[Tensor, Tensor]:
        result: Tensor = self.itself(nodes * vectors[-1])
        if relations.names:
            received = torch.split(relations.gather @ nodes, list(relations.sizes))
            messages = [
                (self.against if back else self.along)(part * vector)
                for part, vector, back in zip(received, vectors[:-1], inverse, strict=True)
            ]
            result = result + relations.scatter @ torch.cat(messages)
        return result, self.relation(vectors)
