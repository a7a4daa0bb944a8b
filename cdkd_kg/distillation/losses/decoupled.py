"""Decoupled loss: how sure the teacher is of the right class, and what it says of the others, weighed apart."""

from __future__ import annotations

import torch
from torch import Tensor

from cdkd_kg.distillation.losses.batch import LossBatch
from cdkd_kg.distillation.losses.softened import SoftenedLoss, need_one_label, teacher_logits


class DecoupledLoss(SoftenedLoss):
    r"""Divergence over the target class, and over the others among themselves.

    .. math:: T^2 \left(\alpha \operatorname{KL}(b^T \,\|\, b^S) + \beta \operatorname{KL}(\hat p^T \,\|\, \hat p^S)
        \right), \qquad b = (p_y, 1 - p_y), \quad \hat p_c = \frac{p_c}{1 - p_y} \; (c \ne y)

    With :math:`\alpha = 1` and :math:`\beta = 1 - p^T_y` for each document this is :class:`LogitsLoss`: there, the
    surer a teacher is, the less it tells of the other classes. The target y of a document without a label is the
    teacher's answer.

    Args:
        temperature: T > 0.
        alpha: weight of the target class.
        beta: weight of the others; with two classes there is nothing to weigh.

    Inputs:
        student_logits: ``[B, C]``.
        teacher_logits: ``[B, C]``, calibrated.
        targets: ``[B, C]``, rows of -1 where there is no label.
        weight: ``[B]``; None counts all documents alike.

    Raises:
        ValueError: labels are independent.

    Siblings: :class:`LogitsLoss` couples the two.

    Source: Zhao et al., Decoupled Knowledge Distillation, CVPR 2022.

    Example:
        >>> import torch
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> z, y = torch.tensor([[2.0, 1.0, 0.0]]), torch.tensor([[1.0, 0.0, 0.0]])
        >>> batch = LossBatch(z, z, y, z, None, None, None, multi_label=False)
        >>> float(DecoupledLoss(4.0)(batch))
        0.0
    """

    def __init__(self, temperature: float, alpha: float = 1.0, beta: float = 8.0) -> None:
        super().__init__(temperature)
        self.alpha, self.beta = alpha, beta

    def terms(self, batch: LossBatch) -> Tensor:
        """Return the divergence of each document, ``[B]``."""
        need_one_label(batch, self)
        teacher = teacher_logits(batch)
        target = torch.where(batch.labelled()[:, None], batch.targets, teacher).argmax(dim=1, keepdim=True)
        mine, others = (_parted(self.softened(z), target) for z in (batch.student_logits, teacher))
        of_target, of_rest = map(self.divergence, mine, others)
        return self.alpha * of_target + self.beta * of_rest


def _parted(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return log-probabilities: of target and all else, ``[B, 2]``, and of all else among itself, ``[B, C - 1]``."""
    others = torch.ones_like(logits, dtype=torch.bool).scatter_(1, target, False)
    rest = logits[others].view(len(logits), logits.shape[1] - 1)
    pair = torch.stack([logits.gather(1, target)[:, 0], rest.logsumexp(dim=1)], dim=1)
    return pair.log_softmax(dim=1), rest.log_softmax(dim=1)
