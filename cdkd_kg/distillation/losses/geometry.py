"""How documents of a batch lie to one another, in student and teacher: what the losses of relations compare."""

from __future__ import annotations

import torch
from torch import Tensor

from cdkd_kg.distillation.losses.batch import LossBatch, teacher_part


def geometries(batch: LossBatch) -> tuple[Tensor, Tensor]:
    """Return the student's hidden states and the teacher's geometry, ``[B, H]`` and ``[B, E]``."""
    return batch.student_hidden, teacher_part(batch.teacher_embedding, "embedding", len(batch.student_hidden))


def nothing(batch: LossBatch) -> Tensor:
    """Return 0 with a gradient of 0, for batches of too few documents to be related."""
    return batch.student_hidden.sum() * 0.0


def pairs(matrix: Tensor) -> Tensor:
    """Return what stands above the diagonal of ``[B, B]``: each pair once, ``[B (B - 1) / 2]``."""
    first, second = torch.triu_indices(len(matrix), len(matrix), offset=1, device=matrix.device)
    return matrix[first, second]
