"""Scores that nothing is to be learned about: equal ones, and how sure each teacher is."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from cdkd_kg.teachers.fusion import entropy_gate
from cdkd_kg.teachers.weighting.opinions import DomainOpinions, Floats


class Fixed(nn.Module):
    """Scores ``[N, K]`` as they are; the softmax over K teachers makes weights of them."""

    scores: Tensor

    def __init__(self, scores: Floats) -> None:
        super().__init__()
        self.register_buffer("scores", torch.from_numpy(np.asarray(scores, dtype=np.float64)))

    def forward(self) -> Tensor:
        """Return the scores."""
        return self.scores


def equal(opinions: DomainOpinions) -> Fixed:
    """Score all teachers alike, so that each has the weight 1/K."""
    return Fixed(np.zeros(opinions.own.shape))


def confidence(opinions: DomainOpinions) -> Fixed:
    """Score each teacher, document by document, by how sure it is: see :func:`~cdkd_kg.teachers.fusion.entropy_gate`.

    The gate divides by its sum, so it is the softmax of its logarithm.
    """
    gate = entropy_gate({f"{place:09}": one for place, one in enumerate(opinions.logits)}, opinions.multi_label)
    return Fixed(np.log(np.concatenate([gate[name] for name in sorted(gate)], axis=1)))
