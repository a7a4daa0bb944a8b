"""HRKD-style weighting: a graph of domains says how much each domain's layers count.

Source: Dong et al., HRKD: Hierarchical Relational Knowledge Distillation for Cross-domain Language Model Compression,
EMNLP 2021, and the code released with it (cheneydon/hrkd 0aeb050), in which the graph is drawn at random and never
trained: its parameters are in no optimiser. See benchmarks/peers_layers.py for what is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch_geometric.nn import GATConv
from transformers import PreTrainedModel

from benchmarks.peers_layers import Weigh, student_of_layers
from benchmarks.peers_task import Task

HEADS, DROPOUT, GAIN = 8, 0.1, 1.414


def domain_graph_student(task: Task) -> PreTrainedModel:
    """Return the student whose domains a graph weighs; each batch has as many texts of each domain."""
    domains = len(set(task.domains))

    def make(student: PreTrainedModel) -> Weigh:
        layers = student.config.num_hidden_layers + 1
        return DomainGraph(student.config.hidden_size, layers, domains).requires_grad_(False).by_text

    return student_of_layers(task, make, balanced=True)


class DomainGraph(nn.Module):
    r"""Weights of D domains in M layers, from the mean states of their texts.

    Each layer compares domains with the bilinear likeness of their prototypes, looks back at the same domain's layers
    so far, and asks a graph attention network of two layers over all domains, each tied to each and to itself:

    .. math:: r_m = \operatorname{softmax}_d \mathrm{GAT}_m\Big(\sum_{l \le m} a_{mdl} \, p_{ld}\Big)

    Args:
        width: H of the student.
        layers: M, what comes before the first layer included.
        domains: D.
    """

    edges: Tensor

    def __init__(self, width: int, layers: int, domains: int) -> None:
        super().__init__()
        self.compare = nn.Parameter(torch.empty(layers, width, width))
        self.aggregate = nn.Parameter(torch.empty(layers, domains, width, width))
        for matrix in (*self.compare.data, *self.aggregate.data.flatten(0, 1)):
            nn.init.xavier_uniform_(matrix, gain=GAIN)
        self.inner = nn.ModuleList(_attention(width, width, HEADS) for _ in range(layers))
        self.outer = nn.ModuleList(_attention(HEADS * width, 1, 1) for _ in range(layers))
        ends = torch.cartesian_prod(torch.arange(domains), torch.arange(domains)).T
        self.register_buffer("edges", ends[:, ends[0] != ends[1]])

    def forward(self, prototypes: Tensor) -> Tensor:
        """Return ``[M, D]`` weights that sum to 1 in each layer, for ``[M, D, H]`` prototypes."""
        return torch.stack([self._weights(prototypes, layer) for layer in range(len(prototypes))])

    def by_text(self, states: Sequence[Tensor], domain: Tensor, weight: Tensor) -> Tensor:
        """Return ``[M, B]`` weights: each domain's is spread over its texts, whose own weights are not asked."""
        del weight
        members = F.one_hot(domain, self.aggregate.shape[1]).T.float()
        shares = members / members.sum(1, keepdim=True).clamp_min(1)  # [D, B]
        return self.forward(torch.stack([shares @ one for one in states])) @ shares

    def _weights(self, prototypes: Tensor, layer: int) -> Tensor:
        mine = prototypes[layer]
        if layer:
            reference = torch.softmax(mine @ self.compare[layer] @ mine.T, dim=1) @ mine
            so_far = prototypes[: layer + 1].transpose(0, 1)  # [D, layers so far, H]
            likeness = torch.einsum("dlh,dhk,dk->dl", so_far, self.aggregate[layer], reference)
            mine = torch.einsum("dl,dlh->dh", torch.softmax(likeness, dim=1), so_far)
        inner = F.elu(self.inner[layer](F.dropout(mine, DROPOUT, self.training), self.edges))
        outer = self.outer[layer](F.dropout(inner, DROPOUT, self.training), self.edges)
        return torch.softmax(F.elu(outer)[:, 0], dim=0)


def _attention(width: int, out: int, heads: int) -> GATConv:
    """Return a layer of graph attention whose parameters are drawn as in the released code."""
    layer = GATConv(width, out, heads, dropout=DROPOUT, bias=False)
    for head in layer.lin.weight.data.split(out):
        nn.init.xavier_uniform_(head, gain=GAIN)
    bound = GAIN * (6 / (2 * out + 1)) ** 0.5
    for vector in (layer.att_src, layer.att_dst):
        nn.init.uniform_(vector, -bound, bound)
    return layer
