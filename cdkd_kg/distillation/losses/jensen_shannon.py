"""Jensen-Shannon loss: between the two Kullback-Leibler divergences, and bounded."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cdkd_kg.distillation.losses.softened import SoftenedLoss, kl


class JensenShannonLoss(SoftenedLoss):
    r"""Generalised Jensen-Shannon divergence: both distances to a mixture of teacher and student.

    .. math:: D = \beta \operatorname{KL}(p^T \,\|\, m) + (1 - \beta) \operatorname{KL}(p^S \,\|\, m), \qquad
        m = \beta p^T + (1 - \beta) p^S

    It is never above the entropy of :math:`(\beta, 1 - \beta)`, so no document outweighs a batch. Divided by β it
    nears the forward divergence as β goes to 0, divided by 1 - β the reverse one as β goes to 1.

    Args:
        temperature: T > 0.
        beta: the teacher's share of the mixture, between 0 and 1.

    Inputs:
        student_logits: ``[B, C]``.
        teacher_logits: ``[B, C]``, calibrated.
        weight: ``[B]``; None counts all documents alike.

    Siblings: :class:`LogitsLoss`, :class:`ReverseLogitsLoss`.

    Source: Agarwal et al., On-Policy Distillation of Language Models, ICLR 2024, equation 1.

    Example:
        >>> import torch
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> z = torch.tensor([[50.0, 0.0]])
        >>> batch = LossBatch(z, z, z * 0 - 1, z.flip(1), None, None, None, multi_label=False)
        >>> round(float(JensenShannonLoss(1.0)(batch)), 4)  # ln 2: they agree in nothing
        0.6931
    """

    def __init__(self, temperature: float, beta: float = 0.5) -> None:
        super().__init__(temperature)
        if not 0 < beta < 1:
            raise ValueError(f"The 'beta' of JensenShannonLoss must lie between 0 and 1. Got {beta} instead.")
        self.beta = beta

    def divergence(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the divergence of log-probabilities, ``[..., K]`` to ``[...]``."""
        mixture = torch.logaddexp(teacher + math.log(self.beta), student + math.log1p(-self.beta))
        return self.beta * kl(teacher, mixture) + (1 - self.beta) * kl(student, mixture)
