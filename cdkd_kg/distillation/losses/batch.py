"""What every loss looks at: the student's and the teacher's view of one batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from cdkd_kg.distillation.losses.shares import StepShares


@dataclass(frozen=True)
class TokenStates:
    """What a model makes of the T tokens of every text of a batch.

    Attributes:
        mask: ``[B, T]``, 1 for a token and 0 for padding.
        layers: ``[B, T, H]`` before the first layer and after each.
        attention: queries, keys and values of the last layer, ``[B, T, D]`` each, its heads side by side; None where
            no loss asks for them.
        causal: whether a token attends to none after it, as in decoders.
    """

    mask: Tensor
    layers: tuple[Tensor, ...]
    attention: tuple[Tensor, Tensor, Tensor] | None = None
    causal: bool = False


@dataclass(frozen=True)
class LinkedMentions:
    """The M mentions in a batch's texts whose entity has a vector.

    Attributes:
        rows: ``[M]``, the document of each.
        tokens: ``[M, T]``, 1 for the tokens of its document that it covers.
        vectors: ``[M, E]``, what the teacher knows of the entity.
    """

    rows: Tensor
    tokens: Tensor
    vectors: Tensor


@dataclass(frozen=True)
class LossBatch:
    """One batch of B documents and C labels.

    Attributes:
        student_logits: ``[B, C]``.
        student_hidden: ``[B, H]``, the student's pooled last hidden state.
        targets: ``[B, C]`` of 0 and 1, a row of -1 is unlabelled; or of values, a row of NaN is unlabelled.
        teacher_logits: ``[B, C]``, calibrated.
        teacher_hidden: ``[B, G]``, the text teacher's pooled last hidden state.
        teacher_embedding: ``[B, E]``, the geometry for document relations.
        weight: ``[B]`` in [0, 1].
        multi_label: whether labels are independent.
        regression: whether there are values in place of labels.
        student_tokens: where a loss compares tokens.
        teacher_tokens: likewise, of the same tokens.
        mentions: where a loss compares mentions with entities.
        shares: where the batch is a part of an optimiser step (gradient accumulation); None where it is all of it.
    """

    student_logits: Tensor
    student_hidden: Tensor
    targets: Tensor
    teacher_logits: Tensor | None
    teacher_hidden: Tensor | None
    teacher_embedding: Tensor | None
    weight: Tensor | None
    multi_label: bool
    student_tokens: TokenStates | None = None
    teacher_tokens: TokenStates | None = None
    mentions: LinkedMentions | None = None
    regression: bool = False
    shares: StepShares | None = None

    def __post_init__(self) -> None:
        rows = self.student_logits.shape[:1]
        if self.weight is not None and self.weight.shape != rows:
            raise ValueError(f"weight has the shape {tuple(self.weight.shape)} for a batch of {rows[0]}")

    def labelled(self) -> Tensor:
        """Return which documents have a label or a value, ``[B]``."""
        return labelled_rows(self.targets, self.regression)


def labelled_rows(targets: Tensor, regression: bool) -> Tensor:
    """Return which rows of ``[B, C]`` have a label or a value, ``[B]``."""
    return (targets.isfinite() if regression else targets >= 0).all(dim=1)


def teacher_part(value: Tensor | None, name: str, rows: int) -> Tensor:
    """Return the teacher's ``value``, refusing what would make a loss wrong without a sound.

    Raises:
        ValueError: there is no teacher, its rows are not the batch's (they would broadcast), or a value is
            not finite (the gradient would be NaN). Elsewhere than on a processor that is not looked at, since looking
            waits for the device; training ends at a loss that is not finite all the same.
    """
    if value is None:
        raise ValueError(f"this loss needs the teacher's {name}, but the batch has none")
    if value.shape[0] != rows:
        raise ValueError(f"the teacher's {name} has {value.shape[0]} rows for a batch of {rows}")
    if value.device.type == "cpu" and not torch.isfinite(value).all():
        raise ValueError(f"the teacher's {name} is not finite")
    return value


def weighted_mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """Return the mean of ``[B]`` values by weight; 0, with a gradient of 0, where all are 0 or there is none."""
    if weight is None:
        return values.mean() if len(values) else values.sum()
    return (values * weight).sum() / weight.sum().clamp_min(1e-6)


def both_tokens(batch: LossBatch) -> tuple[TokenStates, TokenStates]:
    """Return what student and teacher make of the tokens.

    Raises:
        ValueError: one of them is not there, or they are not of the same tokens.
    """
    student, teacher = batch.student_tokens, batch.teacher_tokens
    if student is None or teacher is None:
        raise ValueError("this loss needs the tokens of student and teacher, but the batch has none")
    # In one process a trainer gives both the very same mask, and need not wait for the device to compare it.
    if student.mask is not teacher.mask and not torch.equal(student.mask, teacher.mask):
        raise ValueError(
            f"student and teacher read other tokens: {tuple(student.mask.shape)} and {tuple(teacher.mask.shape)}"
        )
    return student, teacher


def token_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of ``[B, T]`` values over the tokens of each text, ``[B]``; 0 where it has none."""
    mask = mask.to(values.dtype)
    return (values * mask).sum(dim=1) / mask.sum(dim=1).clamp_min(1)
