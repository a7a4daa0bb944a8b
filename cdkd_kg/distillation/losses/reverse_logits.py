"""Reverse logits loss: the student says nothing that the teacher holds impossible."""

from __future__ import annotations

from torch import Tensor

from cdkd_kg.distillation.losses.softened import SoftenedLoss, kl


class ReverseLogitsLoss(SoftenedLoss):
    r"""Kullback-Leibler divergence of the teacher from the student, which settles on what the teacher finds likeliest.

    .. math:: D = \operatorname{KL}(p^S \,\|\, p^T)

    It is of use where a small student cannot follow all that a teacher is unsure of.

    Inputs:
        student_logits: ``[B, C]``.
        teacher_logits: ``[B, C]``, calibrated.
        weight: ``[B]``; None counts all documents alike.

    Siblings: :class:`LogitsLoss` covers the teacher's answer instead, :class:`JensenShannonLoss` lies between.

    Source: Gu et al., MiniLLM: Knowledge Distillation of Large Language Models, ICLR 2024.

    Example:
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> import torch
        >>> unsure, sure = torch.zeros(1, 2), torch.tensor([[9.0, 0.0]])
        >>> batch = LossBatch(sure, sure, sure * 0 - 1, unsure, None, None, None, multi_label=False)
        >>> round(float(ReverseLogitsLoss(1.0)(batch)), 3)
        0.692
    """

    def divergence(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return ``KL(student || teacher)``, ``[..., K]`` to ``[...]``."""
        return kl(student, teacher)
