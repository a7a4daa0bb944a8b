"""Distance-relation loss: documents are as far apart in the student as in the teacher, up to one common scale."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from cdkd_kg.distillation.losses.batch import LossBatch
from cdkd_kg.distillation.losses.geometry import geometries, nothing, pairs

_SMALLEST = 1e-12


class DistanceRelationsLoss(nn.Module):
    r"""Huber loss between distances, each divided by the mean distance of the batch.

    .. math:: \frac{2}{B(B-1)} \sum_{i<j} \ell_1\!\left(\frac{\lVert h_i - h_j \rVert}{\mu^S},
        \frac{\lVert e_i - e_j \rVert}{\mu^T}\right)

    A batch of one document gives 0, and one whose teacher tells no document from another makes all equally far.

    Inputs:
        student_hidden: ``[B, H]``.
        teacher_embedding: ``[B, E]``, the geometry: of the graph network where there is one, else of text.

    Siblings: :class:`AngleRelationsLoss` compares triples, :class:`DocumentRelationsLoss` cosines.

    Source: Park et al., Relational Knowledge Distillation, CVPR 2019 (RKD-D).

    Example:
        >>> import torch
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> h = torch.tensor([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
        >>> batch = LossBatch(h, h, h * 0 - 1, None, None, 7 * h, None, multi_label=False)
        >>> round(float(DistanceRelationsLoss()(batch)), 6)  # scale is forgotten
        0.0
    """

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        student, teacher = geometries(batch)
        if len(student) < 2:
            return nothing(batch)
        return F.smooth_l1_loss(_distances(student), _distances(teacher))


def _distances(vectors: Tensor) -> Tensor:
    gaps = pairs((vectors.unsqueeze(0) - vectors.unsqueeze(1)).square().sum(dim=-1)).clamp_min(_SMALLEST).sqrt()
    return gaps / gaps.mean()
