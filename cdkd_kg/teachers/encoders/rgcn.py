"""R-GCN with basis decomposition and weighted edges."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cdkd_kg.teachers.encoders.encoder import RelationalLayer


class RGCNLayer(RelationalLayer):
    r"""Relational graph convolution, :math:`M_r = W_r = \sum_b \gamma_{rb} V_b`.

    With equal weights this is :class:`torch_geometric.nn.RGCNConv` with ``aggr="mean"``, which takes no weights.

    Args:
        inputs: features of a node coming in.
        outputs: features of a node going out.
        relations: number of relations.
        bases: number of bases; at most one a relation is used.

    Source: Schlichtkrull et al., Modeling Relational Data with Graph Convolutional Networks, ESWC 2018.
    """

    def __init__(self, inputs: int, outputs: int, relations: int, bases: int) -> None:
        super().__init__(inputs, outputs)
        bases = min(bases, max(relations, 1))
        self.coefficients = nn.Parameter(torch.empty(relations, bases))
        self.bases = nn.Parameter(torch.empty(bases, inputs, outputs))
        nn.init.xavier_uniform_(self.bases)
        if relations:
            nn.init.xavier_uniform_(self.coefficients)

    def sent(self, received: tuple[Tensor, ...]) -> list[Tensor]:
        """Return :math:`W_r` times what was received."""
        weights = torch.einsum("rb,bio->rio", self.coefficients, self.bases)
        return [part @ weight for part, weight in zip(received, weights, strict=True)]
