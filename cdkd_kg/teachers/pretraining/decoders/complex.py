"""ComplEx: DistMult over complex numbers, so that a relation may have a direction."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from cdkd_kg.teachers.pretraining.decoders.decoder import Decoder


class ComplEx(Decoder):
    r"""A trilinear product of complex vectors.

    .. math:: s(h, r, t) = \mathrm{Re} \sum_i h_i r_i \bar t_i

    The conjugate of a relation reads it backwards: :math:`s(h, r, t) = s(t, \bar r, h)`.

    Source: Trouillon et al., Complex Embeddings for Simple Link Prediction, ICML 2016.
    """

    multiple: ClassVar[int] = 2

    def __init__(self, relations: int, width: int) -> None:
        super().__init__(relations, width)
        self.weights = nn.Parameter(torch.randn(relations, width) * self.spread)

    def question(self, anchors: Tensor, relations: Tensor) -> Tensor:
        """Return the anchors times their relations, or times the conjugates where these are read backwards."""
        real, imaginary = self.weights[relations % self.relations].chunk(2, dim=1)
        return times(anchors, real, imaginary * self._sign(relations))


def times(vectors: Tensor, real: Tensor, imaginary: Tensor) -> Tensor:
    """Return complex vectors ``[B, W]`` times complex numbers given as parts ``[B, W / 2]``."""
    mine_real, mine_imaginary = vectors.chunk(2, dim=1)
    return torch.cat([mine_real * real - mine_imaginary * imaginary, mine_real * imaginary + mine_imaginary * real], 1)
