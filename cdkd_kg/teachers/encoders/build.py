"""The encoder of a name, and the classifier of nodes around it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cdkd_kg.config import GraphTeacherConfig, Network
from cdkd_kg.teachers.adjacency import Relations
from cdkd_kg.teachers.encoders.compgcn import CompGCN
from cdkd_kg.teachers.encoders.encoder import Encoder
from cdkd_kg.teachers.encoders.gat import GATLayer
from cdkd_kg.teachers.encoders.hgt import HGTLayer, kinds_of
from cdkd_kg.teachers.encoders.mlp import MLPLayer
from cdkd_kg.teachers.encoders.rgcn import RGCNLayer
from cdkd_kg.teachers.encoders.rgcn_blocks import RGCNBlockLayer
from cdkd_kg.teachers.encoders.sage import SAGELayer


def encoder(name: Network, relations: Relations, config: GraphTeacherConfig) -> nn.Module:
    """Return a new encoder for graphs with these relations, ``[V, config.hidden]`` to ``[V, config.hidden]``."""
    width, count = config.hidden, len(relations.names)
    if name == "compgcn":
        return CompGCN(width, relations.names, config.layers, config.dropout)
    kinds = kinds_of(relations) if name == "hgt" else []

    def layer() -> nn.Module:
        match name:
            case "rgcn":
                return RGCNLayer(width, width, count, config.bases)
            case "rgcn_blocks":
                return RGCNBlockLayer(width, width, count, config.heads)
            case "sage":
                return SAGELayer(width, width)
            case "gat":
                return GATLayer(width, width, count, config.heads)
            case "hgt":
                return HGTLayer(width, kinds, config.heads)
            case "mlp":
                return MLPLayer(width, sum(map(torch.numel, RGCNLayer(width, width, count, config.bases).parameters())))

    return Encoder([layer() for _ in range(config.layers)], config.dropout)


class NodeClassifier(nn.Module):
    """A projection, a graph encoder, and a linear classifier.

    Args:
        inputs: features of a node.
        classes: number of labels.
        encoder: of width ``hidden``.
        hidden: also the width of the embedding.
        dropout: share of features dropped before projection and classifier.

    Shapes: ``forward`` takes ``[V, inputs]`` and gives logits ``[V, classes]`` and embeddings ``[V, hidden]``.
    """

    def __init__(self, inputs: int, classes: int, encoder: nn.Module, hidden: int, dropout: float) -> None:
        super().__init__()
        self.project = nn.Linear(inputs, hidden)
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden, classes)

    def forward(self, nodes: Tensor, relations: Relations) -> tuple[Tensor, Tensor]:
        """Return logits and embeddings of every node."""
        hidden = self.encoder(torch.relu(self.project(self.dropout(nodes))), relations)
        return self.classifier(self.dropout(hidden)), hidden
