"""Hard-label loss: cross-entropy, or squared error, on the rows that have a label."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from cdkd_kg.distillation.losses.batch import LossBatch


class HardLabelLoss(nn.Module):
    r"""Cross-entropy with the gold label, over labelled rows only.

    .. math:: -\frac{1}{|L|} \sum_{i \in L} \sum_c y_{ic} \log \operatorname{softmax}(s_i)_c

    With ``multi_label`` it is binary cross-entropy, averaged over labels; with ``regression`` it is the mean squared
    error. A batch without a labelled row gives 0 with a gradient of 0, never NaN.

    Inputs:
        student_logits: ``[B, C]``.
        targets: ``[B, C]`` of 0 and 1, rows of -1 where there is no label; or of values, rows of NaN where there is
            none.

    Raises:
        ValueError: targets and logits differ in shape.

    Siblings: :class:`LogitsLoss` learns from the teacher where there is no label.

    Source: the likelihood of labels; Hinton et al., Distilling the Knowledge in a Neural Network, 2015, add it to what
    the teacher says.

    Example:
        >>> import torch
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> z, y = torch.zeros(2, 2), torch.tensor([[1.0, 0.0], [-1.0, -1.0]])
        >>> batch = LossBatch(z, z, y, None, None, None, None, multi_label=False)
        >>> round(float(HardLabelLoss()(batch)), 4)  # ln 2: one of two, and no idea which
        0.6931
    """

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        if batch.targets.shape != batch.student_logits.shape:
            shapes = f"{tuple(batch.targets.shape)} and {tuple(batch.student_logits.shape)}"
            raise ValueError(f"targets and logits differ in shape: {shapes}")
        rows = batch.labelled().nonzero()[:, 0]  # the only wait for the device: how many they are
        if not len(rows):
            return batch.student_logits.sum() * 0.0
        logits, targets = batch.student_logits[rows], batch.targets[rows]
        if batch.regression:
            return F.mse_loss(logits, targets)
        if batch.multi_label:
            return F.binary_cross_entropy_with_logits(logits, targets)
        return F.cross_entropy(logits, targets)
