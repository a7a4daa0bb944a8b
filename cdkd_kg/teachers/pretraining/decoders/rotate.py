"""RotatE: a relation is a rotation from head to tail."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from cdkd_kg.teachers.pretraining.decoders.complex import times
from cdkd_kg.teachers.pretraining.decoders.decoder import Decoder

EXACT = "donot_use_mm_for_euclid_dist"
"""Distances from inner products would lose small ones, those of the right answers."""


class RotatE(Decoder):
    r"""The Euclidean distance that rotating every complex coordinate leaves between head and tail.

    .. math:: s(h, r, t) = -\left(\sum_i |h_i e^{\mathrm{i} \theta_{ri}} - t_i|^2\right)^{1/2}

    Turning the tail back gives the same distance, so a relation read backwards has the angle of opposite sign.

    Source: Sun et al., RotatE: Knowledge Graph Embedding by Relational Rotation in Complex Space, ICLR 2019.
    """

    multiple: ClassVar[int] = 2

    def __init__(self, relations: int, width: int) -> None:
        super().__init__(relations, width)
        self.angles = nn.Parameter((2 * torch.rand(relations, width // 2) - 1) * math.pi)

    def question(self, anchors: Tensor, relations: Tensor) -> Tensor:
        """Return the anchors turned by their relations."""
        angles = self.angles[relations % self.relations] * self._sign(relations)
        return times(anchors, torch.cos(angles), torch.sin(angles))

    def compare(self, questions: Tensor, answers: Tensor) -> Tensor:
        """Return minus the distances; shapes as those of :meth:`Decoder.compare`."""
        if answers.dim() == 2:
            return -torch.cdist(questions, answers, compute_mode=EXACT)
        return -torch.cdist(questions.unsqueeze(1), answers, compute_mode=EXACT).squeeze(1)
