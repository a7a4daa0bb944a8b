"""Contrastive loss: the student's view of a document is nearer to the teacher's of it than to that of any other."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cdkd_kg.distillation.losses.batch import LossBatch, weighted_mean
from cdkd_kg.distillation.losses.geometry import geometries


class ContrastiveLoss(nn.Module):
    r"""Cross-entropy of finding a document's teacher among those of the batch.

    .. math:: -\frac{\sum_i w_i \ln \frac{\exp(u_i \cdot v_i / \tau)}
        {\sum_{j \in N(i) \cup \{i\}} \exp(u_i \cdot v_j / \tau)}}{\sum_i w_i}, \qquad
        u = \frac{P h}{\lVert P h \rVert}, \quad v = \frac{Q e}{\lVert Q e \rVert}

    N(i) are the other documents of the batch, but for those that are known to have the labels of i. P and Q are
    trained with the student, and are no part of it.

    It bounds the information that student and teacher share. The paper draws negatives from a memory of the whole
    training set; here they are those of the batch, which stay current, so larger batches help.

    Args:
        student_size: width of the student's hidden state.
        teacher_size: width of the teacher's geometry.
        size: of the space in which they are compared.
        temperature: τ > 0.

    Inputs:
        student_hidden: ``[B, H]``.
        teacher_embedding: ``[B, E]``, the geometry: of the graph network where there is one, else of text.
        targets: ``[B, C]``, rows of -1 where there is no label.
        weight: ``[B]``; None counts all documents alike.

    Siblings: :class:`DocumentRelationsLoss` copies how like all documents are, this one only tells them apart.

    Source: Tian et al., Contrastive Representation Distillation, ICLR 2020; van den Oord et al., Representation
    Learning with Contrastive Predictive Coding, 2018 (the bound with negatives of the batch).

    Example:
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> h = torch.eye(3)
        >>> batch = LossBatch(h, h, h * 0 - 1, None, None, h, None, multi_label=False)
        >>> loss = ContrastiveLoss(3, 3, size=3, temperature=0.05)
        >>> _ = [torch.nn.init.eye_(one.weight) for one in (loss.student, loss.teacher)]
        >>> round(float(loss(batch)), 6)
        0.0
    """

    def __init__(self, student_size: int, teacher_size: int, size: int = 128, temperature: float = 0.07) -> None:
        super().__init__()
        if not (math.isfinite(temperature) and temperature > 0):
            raise ValueError(f"The 'temperature' of ContrastiveLoss must be positive and finite. Got {temperature}.")
        self.student = nn.Linear(student_size, size, bias=False)
        self.teacher = nn.Linear(teacher_size, size, bias=False)
        self.temperature = temperature

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar; 0 for a single document."""
        hidden, embedding = geometries(batch)
        student, teacher = F.normalize(self.student(hidden), dim=1), F.normalize(self.teacher(embedding), dim=1)
        near = (student @ teacher.T / self.temperature).masked_fill(_alike(batch), -math.inf)
        own = torch.arange(len(near), device=near.device)
        return weighted_mean(F.cross_entropy(near, own, reduction="none"), batch.weight)


def _alike(batch: LossBatch) -> Tensor:
    """Return ``[B, B]``: which other documents are known to have the same labels."""
    targets = batch.targets
    same = (targets[:, None] == targets[None]).all(dim=-1) & batch.labelled()[:, None]
    return same & ~torch.eye(len(targets), dtype=torch.bool, device=targets.device)
