"""CKA loss: the batch as a whole has the same shape in the student as in the teacher."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cdkd_kg.distillation.losses.batch import LossBatch
from cdkd_kg.distillation.losses.geometry import geometries

_SMALLEST = 1e-6
"""How far documents lie apart, of how far they lie from nought, is no more than rounding below this."""


class CkaLoss(nn.Module):
    r"""One minus the linear centred kernel alignment of student and teacher.

    .. math:: 1 - \frac{\langle \bar K, \bar L \rangle_F}{\lVert \bar K \rVert_F \, \lVert \bar L \rVert_F}, \qquad
        \bar K = H X X^\top H, \quad \bar L = H E E^\top H, \quad H = I - \tfrac{1}{B} 1 1^\top

    It does not change when either side is turned, moved or scaled, so widths need not agree and nothing is projected.
    A batch of one document gives 0, and so does one whose documents a side does not tell apart.

    Inputs:
        student_hidden: ``[B, H]``.
        teacher_embedding: ``[B, E]``, the geometry: of the graph network where there is one, else of text.

    Siblings: :class:`SimilarityPreservingLoss` and :class:`DocumentRelationsLoss` compare pair by pair.

    Source: Kornblith et al., Similarity of Neural Network Representations Revisited, ICML 2019; as a loss, Saha et al.,
    Distilling Representational Similarity using Centered Kernel Alignment, BMVC 2022.

    Example:
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> h = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
        >>> batch = LossBatch(h, h, h * 0 - 1, None, None, 5 * h.flip(1) + 2, None, multi_label=False)
        >>> round(float(CkaLoss()(batch)), 6)
        0.0
    """

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        student, teacher = (_kernel(vectors) for vectors in geometries(batch))
        # At length 1, one minus the inner product is half the squared distance, which rounding makes no less than 0.
        apart = (student - teacher).square().sum() / 2
        told_apart = (student.diagonal().sum() > 0) & (teacher.diagonal().sum() > 0)
        return torch.where(told_apart, apart, 0.0 * apart)


def _kernel(vectors: Tensor) -> Tensor:
    """Return the centred kernel at length 1, or zeros where documents are not told apart, ``[B, B]``."""
    centred = vectors - vectors.mean(dim=0, keepdim=True)
    spread = centred.square().sum()
    told_apart = spread > _SMALLEST**2 * vectors.square().sum()
    # Scaled before they are multiplied, so that no product leaves the range of float32.
    scaled = torch.where(told_apart, centred, 0.0) / torch.where(told_apart, spread, 1.0).sqrt()
    kernel = scaled @ scaled.T
    return kernel / torch.where(told_apart, kernel.square().sum(), 1.0).sqrt()
