"""Document-relation loss: documents that the teacher's geometry brings together come together in the student."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cdkd_kg.distillation.losses.batch import LossBatch, teacher_part


class DocumentRelationsLoss(nn.Module):
    r"""Mean squared difference of the batch's cosine matrices, its diagonal left out.

    .. math:: \frac{1}{B(B-1)} \sum_{i \ne j} \left(\cos(h^S_i, h^S_j) - \cos(e^T_i, e^T_j)\right)^2

    The widths of student and teacher need not agree, so the teacher may be a graph network: this is how the
    geometry of a graph reaches a student that reads text alone. A batch of one document gives 0.

    Inputs:
        student_hidden: ``[B, H]``.
        teacher_embedding: ``[B, E]``, the geometry: of the graph network where there is one, else of text.

    Siblings: :class:`HiddenStatesLoss` matches each document by itself; :class:`SimilarityPreservingLoss` compares
    inner products, :class:`DistanceRelationsLoss` distances.

    Source: Tung and Mori, Similarity-Preserving Knowledge Distillation, ICCV 2019; Park et al., Relational
    Knowledge Distillation, CVPR 2019.

    Example:
        >>> h = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> batch = LossBatch(h, h, h * 0 - 1, None, None, torch.ones(2, 3), None, multi_label=False)
        >>> round(float(DocumentRelationsLoss()(batch)), 6)  # alike to the teacher, at right angles to the student
        1.0
    """

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        rows = len(batch.student_hidden)
        teacher = teacher_part(batch.teacher_embedding, "embedding", rows)
        if rows < 2:
            return batch.student_hidden.sum() * 0.0
        gap = _cosines(batch.student_hidden) - _cosines(teacher)
        others = ~torch.eye(rows, dtype=torch.bool, device=gap.device)
        return gap[others].square().mean()


def _cosines(vectors: Tensor) -> Tensor:
    unit = F.normalize(vectors, dim=1)
    return unit @ unit.T
