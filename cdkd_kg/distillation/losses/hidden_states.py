"""Hidden-state loss: the student's representation points where the text teacher's does."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from cdkd_kg.distillation.losses.batch import LossBatch, teacher_part, weighted_mean


class HiddenStatesLoss(nn.Module):
    r"""Cosine distance between pooled last hidden states.

    .. math:: \frac{\sum_i w_i \left(1 - \cos(P h^S_i, h^T_i)\right)}{\sum_i w_i}

    P is the identity where the widths agree, else a trained projection that belongs to the loss: the
    saved student never contains it.

    Args:
        student_size: width of the student's hidden state.
        teacher_size: width of the teacher's.

    Inputs:
        student_hidden: ``[B, H]``.
        teacher_hidden: ``[B, G]``, of the text teacher.
        weight: ``[B]``; None counts all documents alike.

    Siblings: :class:`LayerStatesLoss` compares every token in several layers; :class:`DocumentRelationsLoss` compares
    documents with one another.

    Source: Jiao et al., TinyBERT, EMNLP 2020 (hidden states with projection); Sanh et al., DistilBERT, 2019 (cosine).

    Example:
        >>> import torch
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> h = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> batch = LossBatch(h, h, h * 0 - 1, None, h.flip(1), None, None, multi_label=False)
        >>> float(HiddenStatesLoss(2, 2)(batch))  # at right angles
        1.0
    """

    def __init__(self, student_size: int, teacher_size: int) -> None:
        super().__init__()
        same = student_size == teacher_size
        self.projection = nn.Identity() if same else nn.Linear(student_size, teacher_size, bias=False)

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        teacher = teacher_part(batch.teacher_hidden, "hidden states", len(batch.student_hidden))
        distance = 1 - F.cosine_similarity(self.projection(batch.student_hidden), teacher, dim=1)
        return weighted_mean(distance, batch.weight)
