"""Angle-relation loss: any three documents make the same angle in the student as in the teacher."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cdkd_kg.distillation.losses.batch import LossBatch
from cdkd_kg.distillation.losses.geometry import geometries, nothing

_SMALLEST = 1e-12


class AngleRelationsLoss(nn.Module):
    r"""Huber loss between the cosines of the angles at j of every three different documents i, j, k.

    .. math:: \operatorname{mean}_{i \ne j \ne k \ne i} \ell_1\!\left(\cos \angle h_i h_j h_k,
        \cos \angle e_i e_j e_k\right)

    Angles know neither scale nor place, and tell more of a shape than distances; where two documents lie at one place,
    the cosine is 0. The cost grows with B³; a batch of
    fewer than three documents gives 0.

    Inputs:
        student_hidden: ``[B, H]``.
        teacher_embedding: ``[B, E]``, the geometry: of the graph network where there is one, else of text.

    Siblings: :class:`DistanceRelationsLoss` compares pairs.

    Source: Park et al., Relational Knowledge Distillation, CVPR 2019 (RKD-A).

    Example:
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> h = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        >>> batch = LossBatch(h, h, h * 0 - 1, None, None, 7 * h + 3, None, multi_label=False)
        >>> round(float(AngleRelationsLoss()(batch)), 6)
        0.0
    """

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        student, teacher = geometries(batch)
        rows = len(student)
        if rows < 3:
            return nothing(batch)
        same = torch.eye(rows, dtype=torch.bool, device=student.device)
        different = ~(same[:, :, None] | same[:, None, :] | same[None, :, :])
        return F.smooth_l1_loss(_cosines(student)[different], _cosines(teacher)[different])


def _cosines(vectors: Tensor) -> Tensor:
    """Return ``[B, B, B]``: the cosine of the angle at the first document between the other two."""
    gaps = vectors.unsqueeze(0) - vectors.unsqueeze(1)
    lengths = gaps.square().sum(dim=-1, keepdim=True).clamp_min(_SMALLEST).sqrt()
    # Between two documents at one place there is no angle; its gradient would be as large as the least length is small.
    sides = torch.where(lengths > math.sqrt(2 * _SMALLEST), gaps / lengths, 0.0)
    return sides @ sides.transpose(1, 2)
