"""R-GCN with basis decomposition and weighted edges."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cdkd_kg.teachers.adjacency import Relations


class RGCNLayer(nn.Module):
    r"""Relational graph convolution.

    .. math:: h'_v = W_0 h_v + \sum_r \sum_{u \in N_r(v)} a_{vu}^r W_r h_u, \qquad W_r = \sum_b \gamma_{rb} V_b

    where :math:`a^r` are edge weights that sum to 1 over the neighbours of a node in a relation (with equal
    weights this is :class:`torch_geometric.nn.RGCNConv` with ``aggr="mean"``, which takes no weights).
    Neighbours are summed before they are multiplied, so the cost is that of the edges plus one dense product a
    pair of relation and receiving node.

    Args:
        inputs: features of a node coming in.
        outputs: features of a node going out.
        relations: number of relations.
        bases: number of bases; at most one a relation is used.

    Shapes: nodes ``[V, inputs]``; the result is ``[V, outputs]``.

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

    def forward(self, nodes: Tensor, relations: Relations) -> Tensor:
        """Return the new features of every node."""
        result: Tensor = self.root(nodes)
        if not relations.names:
            return result
        weights = torch.einsum("rb,bio->rio", self.coefficients, self.bases)
        received = torch.split(relations.gather @ nodes, list(relations.sizes))
        messages = torch.cat([part @ weight for part, weight in zip(received, weights, strict=True)])
        return result + relations.scatter @ messages


class RGCN(nn.Module):
    """A projection, a stack of R-GCN layers, and a classifier on top.

    Args:
        inputs: features of a node.
        classes: number of labels.
        relations: typed edges over all nodes.
        hidden: width of a layer, also of the embedding.
        layers: number of layers, at least 1.
        bases: bases of the decomposition.
        dropout: share of features dropped before each layer.

    Shapes: ``forward`` takes ``[V, inputs]`` and gives logits ``[V, classes]`` and embeddings ``[V, hidden]``.
    """

    def __init__(
        self, inputs: int, classes: int, relations: Relations, hidden: int, layers: int, bases: int, dropout: float
    ) -> None:
        super().__init__()
        self.relations = relations
        self.project = nn.Linear(inputs, hidden)
        self.layers = nn.ModuleList(RGCNLayer(hidden, hidden, len(relations.names), bases) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden, classes)

    def forward(self, nodes: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and embeddings of every node."""
        nodes = torch.relu(self.project(self.dropout(nodes)))
        for layer in self.layers:
            nodes = torch.relu(layer(self.dropout(nodes), self.relations))
        return self.classifier(self.dropout(nodes)), nodes
