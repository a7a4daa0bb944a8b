"""Standardised logits loss: how the teacher ranks and spaces classes counts, not how large its logits are."""

from __future__ import annotations

from torch import Tensor

from cdkd_kg.distillation.losses.batch import LossBatch
from cdkd_kg.distillation.losses.softened import SoftenedLoss, need_one_label

FEWEST = 3
_LEAST_SPREAD = 1e-7


class StandardisedLogitsLoss(SoftenedLoss):
    r"""Kullback-Leibler divergence after each document's logits have mean 0 and standard deviation 1.

    .. math:: D = \operatorname{KL}\!\left(\operatorname{softmax}\frac{t - \bar t}{\sigma(t)\,T} \,\Big\|\,
        \operatorname{softmax}\frac{s - \bar s}{\sigma(s)\,T}\right)

    A small student need not reach the scale of a large teacher's logits, so an uncalibrated teacher may be used.

    Args:
        temperature: T > 0.

    Inputs:
        student_logits: ``[B, C]`` of three classes at least.
        teacher_logits: ``[B, C]``.
        weight: ``[B]``; None counts all documents alike.

    Raises:
        ValueError: labels are independent, or there are two, whose standardised logits are always 1 and -1.

    Siblings: :class:`LogitsLoss` keeps the scale, which says how sure a calibrated teacher is.

    Source: Sun et al., Logit Standardization in Knowledge Distillation, CVPR 2024.

    Example:
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> import torch
        >>> z = torch.tensor([[2.0, 1.0, 0.0]])
        >>> batch = LossBatch(z, z, z * 0 - 1, 10 * z + 5, None, None, None, multi_label=False)
        >>> round(float(StandardisedLogitsLoss(2.0)(batch)), 6)
        0.0
    """

    def terms(self, batch: LossBatch) -> Tensor:
        """Return the divergence of each document, ``[B]``."""
        need_one_label(batch, self)
        if batch.student_logits.shape[1] < FEWEST:
            raise ValueError("with two labels standardised logits are 1 and -1 whatever the teacher says; use logits")
        return super().terms(batch)

    def softened(self, logits: Tensor) -> Tensor:
        """Return standardised logits divided by the temperature."""
        spread = logits.std(dim=1, correction=0, keepdim=True)
        return (logits - logits.mean(dim=1, keepdim=True)) / (spread + _LEAST_SPREAD) / self.temperature
