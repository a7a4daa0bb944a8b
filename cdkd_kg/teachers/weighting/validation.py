"""One weight a teacher, the same for every document."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cdkd_kg.teachers.weighting.opinions import DomainOpinions


class OneForAll(nn.Module):
    r"""A learned score a teacher, :math:`w_{ik} = \operatorname{softmax}_k \theta_k`."""

    def __init__(self, opinions: DomainOpinions) -> None:
        super().__init__()
        self.documents = len(opinions.domains)
        self.scores = nn.Parameter(torch.zeros(len(opinions.teachers), dtype=torch.double))

    def forward(self) -> Tensor:
        """Return scores ``[N, K]``."""
        return self.scores.expand(self.documents, -1)
