"""What every loss looks at: the student's and the teacher's view of one batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class LossBatch:
    """One batch of B documents and C labels.

    Attributes:
        student_logits: ``[B, C]``.
        student_hidden: ``[B, H]``, the student's pooled last hidden state.
        targets: ``[B, C]`` of 0 and 1; a row of -1 is unlabelled.
        teacher_logits: ``[B, C]``, calibrated.
        teacher_hidden: ``[B, G]``, the text teacher's pooled last hidden state.
        teacher_embedding: ``[B, E]``, the geometry for document relations.
        weight: ``[B]`` in [0, 1].
        multi_label: whether labels are independent.
    """

    student_logits: Tensor
    student_hidden: Tensor
    targets: Tensor
    teacher_logits: Tensor | None
    teacher_hidden: Tensor | None
    teacher_embedding: Tensor | None
    weight: Tensor | None
    multi_label: bool


def teacher_part(value: Tensor | None, name: str, rows: int) -> Tensor:
    """Return the teacher's ``value``, refusing what would make a loss wrong without a sound.

    Raises:
        ValueError: there is no teacher, its rows are not the batch's (they would broadcast), or a value is
            not finite (the gradient would be NaN).
    """
    if value is None:
        raise ValueError(f"this loss needs the teacher's {name}, but the batch has none")
    if value.shape[0] != rows:
        raise ValueError(f"the teacher's {name} has {value.shape[0]} rows for a batch of {rows}")
    if not torch.isfinite(value).all():
        raise ValueError(f"the teacher's {name} is not finite")
    return value


def weighted_mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """Return the mean of ``[B]`` values by weight; 0, with a gradient of 0, where all weights are 0."""
    if weight is None:
        return values.mean()
    return (values * weight).sum() / weight.sum().clamp_min(1e-6)
