"""Weights from a graph of domains: an attention network over their prototypes, trained for strangers."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from cdkd_kg.teachers.weighting.opinions import DomainOpinions
from cdkd_kg.teachers.weighting.prototype import directions, prototypes, taught

HIDDEN = 16


class Attention(nn.Module):
    r"""The scores with which nodes look at each other, and what each takes from those it looks at.

    .. math:: e_{dj} = a^\top \operatorname{LeakyReLU}(W_l h_d + W_r h_j), \qquad
        h'_d = \operatorname{ELU}\Big(W_l h_d + \sum_j \operatorname{softmax}_j(e_{dj}) W_r h_j\Big)

    The node's own term keeps domains apart, which are all neighbours of all.

    Source: Brody et al., How Attentive are Graph Attention Networks?, ICLR 2022: the older form, that of HRKD, ranks
    all j the same for every d, and so could not send two domains to different teachers.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.left = nn.Linear(inputs, hidden, bias=False, dtype=torch.double)
        self.right = nn.Linear(inputs, hidden, bias=False, dtype=torch.double)
        self.vector = nn.Linear(hidden, 1, bias=False, dtype=torch.double)

    def scores(self, nodes: Tensor, others: Tensor) -> Tensor:
        """Return ``[D, J]`` scores of others ``[J, I]`` in the eyes of nodes ``[D, I]``."""
        pairs = self.left(nodes)[:, None] + self.right(others)[None]
        found: Tensor = self.vector(nn.functional.leaky_relu(pairs, 0.2)).squeeze(2)
        return found

    def forward(self, nodes: Tensor) -> Tensor:
        """Return new features ``[D, hidden]`` of nodes ``[D, I]``, all tied to all."""
        shares = self.scores(nodes, nodes).softmax(dim=1)
        return nn.functional.elu(self.left(nodes) + shares @ self.right(nodes))


class DomainGraph(nn.Module):
    r"""Two layers of attention over the graph of all domains; what the second says of teachers' domains are the scores.

    The nodes are the prototypes of all domains, of the target too, and no label of it. Every document of a domain has
    the weights of its domain.

    Source: Dong et al., HRKD: Hierarchical Relational Knowledge Distillation for Cross-domain Language Model
    Compression, EMNLP 2021. Its released code builds this network and trains everything else.
    """

    nodes: Tensor
    places: Tensor

    def __init__(self, opinions: DomainOpinions, seed: int) -> None:
        super().__init__()
        known = prototypes(opinions)
        scale = known.shape[1] ** 0.5  # features of about 1, for which layers are made to start
        self.register_buffer("nodes", torch.from_numpy(scale * directions(known, known.mean(axis=0))))
        self.register_buffer("places", torch.from_numpy(opinions.places.astype(np.int64)))
        self.teachers = taught(opinions)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.first = Attention(known.shape[1], HIDDEN)
            self.second = Attention(HIDDEN, HIDDEN)

    def forward(self) -> Tensor:
        """Return scores ``[N, K]``."""
        seen = self.first(self.nodes)
        return self.second.scores(seen, seen[self.teachers])[self.places]


def random_domain_graph(opinions: DomainOpinions, seed: int) -> DomainGraph:
    """Return the same network as it starts, which is never trained: the ablation."""
    network: DomainGraph = DomainGraph(opinions, seed).requires_grad_(requires_grad=False)
    return network
