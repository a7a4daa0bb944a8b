"""What all losses between softened answers share: their guards, the temperature, and labels that are independent."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cdkd_kg.distillation.losses.batch import LossBatch, teacher_part, weighted_mean


class SoftenedLoss(nn.Module):
    r"""A divergence of the student's answer from the teacher's, both softened by a temperature.

    .. math:: T^2 \; \frac{\sum_i w_i \, D\!\left(\operatorname{softmax}(t_i / T),
        \operatorname{softmax}(s_i / T)\right)}{\sum_i w_i}

    With ``multi_label`` each label is a Bernoulli variable and D is averaged over labels. The factor keeps the
    gradient's size when T changes.

    Args:
        temperature: T > 0. Logits beyond about 100 T lose their softness in float32.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        if not (math.isfinite(temperature) and temperature > 0):
            raise ValueError(
                f"The 'temperature' of {type(self).__name__} must be positive and finite. Got {temperature} instead."
            )
        self.temperature = temperature

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        if batch.regression:
            return weighted_mean(self.of_values(batch), batch.weight)
        return weighted_mean(self.terms(batch), batch.weight) * self.temperature**2

    def of_values(self, batch: LossBatch) -> Tensor:
        """Return the loss of each document where logits are values, ``[B]``; most losses compare probabilities."""
        del batch
        raise ValueError(f"{type(self).__name__} compares probabilities of labels, and a regression has none")

    def terms(self, batch: LossBatch) -> Tensor:
        """Return D of each document, ``[B]``."""
        student, teacher = batch.student_logits, teacher_logits(batch)
        if batch.multi_label:
            student, teacher = (torch.stack([z, torch.zeros_like(z)], dim=-1) for z in (student, teacher))
        student, teacher = (self.softened(z).log_softmax(dim=-1) for z in (student, teacher))
        found = self.divergence(student, teacher)
        return found.mean(dim=1) if batch.multi_label else found

    def softened(self, logits: Tensor) -> Tensor:
        """Return logits divided by the temperature."""
        return logits / self.temperature

    def divergence(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return D between log-probabilities over the last dimension, ``[..., K]`` to ``[...]``."""
        return kl(teacher, student)


def teacher_logits(batch: LossBatch) -> Tensor:
    """Return the teacher's logits, refusing a shape that would broadcast."""
    teacher = teacher_part(batch.teacher_logits, "logits", len(batch.student_logits))
    if teacher.shape != batch.student_logits.shape:
        shapes = f"{tuple(teacher.shape)} and {tuple(batch.student_logits.shape)}"
        raise ValueError(f"teacher and student logits differ in shape: {shapes}")
    return teacher


def need_one_label(batch: LossBatch, loss: nn.Module) -> None:
    """Refuse a batch of independent labels.

    Raises:
        ValueError: for a loss that compares classes of which one applies.
    """
    if batch.multi_label:
        raise ValueError(f"{type(loss).__name__} compares classes of which one applies; these labels are independent")


def kl(reference: Tensor, other: Tensor) -> Tensor:
    """Return ``KL(reference || other)`` of log-probabilities over the last dimension."""
    return F.kl_div(other, reference, reduction="none", log_target=True).sum(dim=-1)
