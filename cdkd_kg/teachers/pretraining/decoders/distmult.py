"""DistMult: a relation weighs each dimension."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cdkd_kg.teachers.pretraining.decoders.decoder import Decoder


class DistMult(Decoder):
    r"""A trilinear product, which cannot tell a relation from its inverse.

    .. math:: s(h, r, t) = \sum_i h_i r_i t_i

    Source: Yang et al., Embedding Entities and Relations for Learning and Inference in Knowledge Bases, ICLR 2015.
    """

    def __init__(self, relations: int, width: int) -> None:
        super().__init__(relations, width)
        self.weights = nn.Parameter(torch.randn(relations, width) * self.spread)

    def question(self, anchors: Tensor, relations: Tensor) -> Tensor:
        """Return the anchors weighed by their relations, the same in both directions."""
        return anchors * self.weights[relations % self.relations]
