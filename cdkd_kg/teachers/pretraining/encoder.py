"""The R-GCN as what makes vectors for a decoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cdkd_kg.teachers.adjacency import Relations
from cdkd_kg.teachers.encoders.rgcn import RGCNLayer
from cdkd_kg.teachers.pretraining.triples import Triples


def training_relations(triples: Triples) -> Relations:
    """Return the edges of the training triples, both ways; what is held out carries no message."""
    edges = {}
    for number, name in enumerate(triples.relations):
        heads, _, tails = triples.training[triples.training[:, 1] == number].unbind(1)
        weight = torch.ones(len(heads))
        edges[name] = torch.stack([heads, tails]), weight
        edges[f"{name}^-1"] = torch.stack([tails, heads]), weight
    return Relations.from_edges(edges, len(triples.entities))


class RelationalEncoder(nn.Module):
    """R-GCN layers over the training triples, linear at the end as a decoder wants it.

    Args:
        triples: whose training part carries messages.
        width: of vectors in and out, W.
        layers: how many, at least 1.
        bases: bases of each layer's decomposition.
        dropout: share of features dropped before each layer.

    Shapes: ``[V, W]`` in and out.

    Source: Schlichtkrull et al., Modeling Relational Data with Graph Convolutional Networks, ESWC 2018.
    """

    def __init__(self, triples: Triples, width: int, layers: int = 1, bases: int = 8, dropout: float = 0.2) -> None:
        super().__init__()
        self.edges = training_relations(triples)
        self.layers = nn.ModuleList(RGCNLayer(width, width, len(self.edges.names), bases) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)

    def forward(self, nodes: Tensor) -> Tensor:
        """Return the vectors of all entities."""
        for number, layer in enumerate(self.layers):
            nodes = layer(self.dropout(torch.relu(nodes) if number else nodes), self.edges)
        return nodes
