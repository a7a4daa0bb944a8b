"""Logits loss: the student's distribution approaches the teacher's, softened by a temperature."""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional as F

from cdkd_kg.distillation.losses.batch import LossBatch, teacher_part, weighted_mean


class LogitsLoss(nn.Module):
    r"""Kullback-Leibler divergence of softened distributions, times the square of the temperature.

    .. math:: T^2 \; \frac{\sum_i w_i \operatorname{KL}(\operatorname{softmax}(t_i / T)
        \,\|\, \operatorname{softmax}(s_i / T))}{\sum_i w_i}

    With ``multi_label`` each label is a Bernoulli variable and the divergence is averaged over labels.
    The factor keeps the gradient's size when T changes. It is 0 exactly where student and teacher agree.

    Args:
        temperature: T > 0. Logits beyond about 100 T lose their softness in float32.

    Source: Hinton et al., Distilling the Knowledge in a Neural Network, 2015.

    Example:
        >>> import torch
        >>> z = torch.tensor([[2.0, 0.0]])
        >>> batch = LossBatch(z, z, z * 0 - 1, z, None, None, None, multi_label=False)
        >>> float(LogitsLoss(2.0)(batch))
        0.0
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        if not (math.isfinite(temperature) and temperature > 0):
            raise ValueError(f"The 'temperature' of LogitsLoss must be positive and finite. Got {temperature} instead.")
        self.temperature = temperature

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        teacher = teacher_part(batch.teacher_logits, "logits", len(batch.student_logits))
        if teacher.shape != batch.student_logits.shape:
            shapes = f"{tuple(teacher.shape)} and {tuple(batch.student_logits.shape)}"
            raise ValueError(f"teacher and student logits differ in shape: {shapes}")
        student, teacher = batch.student_logits / self.temperature, teacher / self.temperature
        if batch.multi_label:
            divergence = _bernoulli_divergence(student, teacher)
        else:
            divergence = F.kl_div(
                student.log_softmax(dim=1), teacher.log_softmax(dim=1), log_target=True, reduction="none"
            ).sum(dim=1)
        return weighted_mean(divergence, batch.weight) * self.temperature**2


def _bernoulli_divergence(student: Tensor, teacher: Tensor) -> Tensor:
    on = teacher.sigmoid() * (F.logsigmoid(teacher) - F.logsigmoid(student))
    off = (-teacher).sigmoid() * (F.logsigmoid(-teacher) - F.logsigmoid(-student))
    return (on + off).mean(dim=1)
