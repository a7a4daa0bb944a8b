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
    r"""A projection of features beside a learned part of entities, a graph encoder, and a linear classifier.

    .. math:: h^0_v = \operatorname{ReLU}(W \operatorname{dropout}(x_v) + b + e_v)

    where :math:`e_v` is learned for each entity, and 0 for a document: what is new must be known by its text alone.

    Args:
        inputs: features of a node.
        classes: number of labels.
        encoder: of width H.
        learned: ``[E, H]``, the learned part of the last E nodes at the start.
        dropout: share of features dropped before projection and classifier.

    Shapes: ``forward`` takes features ``[S, inputs]`` of the nodes ``[S]``, by their places in the whole graph, and
    gives logits ``[S, classes]`` and embeddings ``[S, H]``.
    """

    def __init__(self, inputs: int, classes: int, encoder: nn.Module, learned: Tensor, dropout: float) -> None:
        super().__init__()
        hidden = learned.shape[1]
        self.learned = nn.Parameter(learned.clone())
        self.project = nn.Linear(inputs, hidden)
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden, classes)

    def forward(self, features: Tensor, nodes: Tensor, documents: int, relations: Relations) -> tuple[Tensor, Tensor]:
        """Return logits and embeddings of nodes of a graph whose first ``documents`` nodes are no entities."""
        entities = (nodes >= documents).nonzero()[:, 0]
        start = self.project(self.dropout(features)).index_add(0, entities, self.learned[nodes[entities] - documents])
        hidden = self.encoder(torch.relu(start), relations)
        return self.classifier(self.dropout(hidden)), hidden
