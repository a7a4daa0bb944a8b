"""R-GCN with basis decomposition and weighted edges."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class RGCNLayer(nn.Module):
    r"""Relational graph convolution.

    .. math:: h'_v = W_0 h_v + \sum_r \sum_{u \in N_r(v)} a_{vu}^r W_r h_u, \qquad W_r = \sum_b \gamma_{rb} V_b

    where :math:`a^r` are edge weights that sum to 1 over the neighbours of a node in a relation (with equal
    weights this is :class:`torch_geometric.nn.RGCNConv` with ``aggr="mean"``, which takes no weights).
    Neighbours are summed before they are multiplied by a basis, so the cost is one sparse product a relation
    and one dense product a basis.

    Args:
        inputs: features of a node coming in.
        outputs: features of a node going out.
        relations: number of relations.
        bases: number of bases; at most one a relation is used.

    Shapes: nodes ``[V, inputs]``, each relation a sparse ``[V, V]``; the result is ``[V, outputs]``.

    Source: Schlichtkrull et al., Modeling Relational Data with Graph Convolutional Networks, ESWC 2018.
    """

    def __init__(self, inputs: int, outputs: int, relations: int, bases: int) -> None:
        super().__init__()
        bases = min(bases, max(relations, 1))
        self.coefficients = nn.Parameter(torch.empty(relations, bases))
        self.bases = nn.Parameter(torch.empty(bases, inputs, outputs))
        self.root = nn.Linear(inputs, outputs)
        nn.init.xavier_uniform_(self.bases)
        if relations:
            nn.init.xavier_uniform_(self.coefficients)

    def forward(self, nodes: Tensor, matrices: list[Tensor]) -> Tensor:
        """Return the new features of every node."""
        result: Tensor = self.root(nodes)
        if not matrices:
            return result
        received = torch.stack([matrix @ nodes for matrix in matrices])
        mixed = torch.einsum("rb,rvi->bvi", self.coefficients, received)
        return result + torch.einsum("bvi,bio->vo", mixed, self.bases)


class RGCN(nn.Module):
    """A projection, a stack of R-GCN layers, and a classifier on top.

    Args:
        inputs: features of a node.
        classes: number of labels.
        relations: matrices by name, as of :func:`cdkd_kg.teachers.adjacency.relations`; the order is sorted.
        hidden: width of a layer, also of the embedding.
        layers: number of layers, at least 1.
        bases: bases of the decomposition.
        dropout: share of features dropped before each layer.

    Shapes: ``forward`` takes ``[V, inputs]`` and gives logits ``[V, classes]`` and embeddings ``[V, hidden]``.
    """

    def __init__(
        self,
        inputs: int,
        classes: int,
        relations: Mapping[str, Tensor],
        hidden: int,
        layers: int,
        bases: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.matrices = [relations[name] for name in sorted(relations)]
        self.project = nn.Linear(inputs, hidden)
        self.layers = nn.ModuleList(RGCNLayer(hidden, hidden, len(self.matrices), bases) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden, classes)

    def forward(self, nodes: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and embeddings of every node."""
        nodes = torch.relu(self.project(self.dropout(nodes)))
        for layer in self.layers:
            nodes = torch.relu(layer(self.dropout(nodes), self.matrices))
        return self.classifier(self.dropout(nodes)), nodes
