"""Logits loss: the student's distribution approaches the teacher's, softened by a temperature."""

from __future__ import annotations

from torch import Tensor

from cdkd_kg.distillation.losses.batch import LossBatch
from cdkd_kg.distillation.losses.softened import SoftenedLoss, teacher_logits


class LogitsLoss(SoftenedLoss):
    r"""Kullback-Leibler divergence of the student from the teacher, which covers all that the teacher holds possible.

    .. math:: D = \operatorname{KL}(p^T \,\|\, p^S)

    It is 0 exactly where student and teacher agree. Where the logits are the values of a regression, it is the squared
    difference, without a temperature.

    Inputs:
        student_logits: ``[B, C]``.
        teacher_logits: ``[B, C]``, calibrated.
        weight: ``[B]``; None counts all documents alike.

    Siblings: :class:`ReverseLogitsLoss` seeks the teacher's likeliest answer, :class:`JensenShannonLoss` lies between,
    :class:`DecoupledLoss` weighs the right class and the others apart, :class:`StandardisedLogitsLoss` forgets scale.

    Source: Hinton et al., Distilling the Knowledge in a Neural Network, 2015.

    Example:
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> import torch
        >>> z = torch.tensor([[2.0, 0.0]])
        >>> batch = LossBatch(z, z, z * 0 - 1, z, None, None, None, multi_label=False)
        >>> float(LogitsLoss(2.0)(batch))
        0.0
    """

    def of_values(self, batch: LossBatch) -> Tensor:
        """Return the squared difference of each document, ``[B]``."""
        return (batch.student_logits - teacher_logits(batch)).square().mean(dim=1)
