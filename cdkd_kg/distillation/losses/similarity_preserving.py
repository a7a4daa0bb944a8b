"""Similarity-preserving loss: a document is like the others of its batch in the same measure as for the teacher."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from cdkd_kg.distillation.losses.batch import LossBatch
from cdkd_kg.distillation.losses.geometry import geometries, nothing


class SimilarityPreservingLoss(nn.Module):
    r"""Squared difference of the batch's inner products, each document's divided by their length.

    .. math:: \frac{1}{B^2} \left\lVert \tilde G^S - \tilde G^T \right\rVert_F^2, \qquad
        \tilde G_i = \frac{G_i}{\lVert G_i \rVert}, \quad G = X X^\top

    A batch without a document gives 0.

    Inputs:
        student_hidden: ``[B, H]``.
        teacher_embedding: ``[B, E]``, the geometry: of the graph network where there is one, else of text.

    Siblings: :class:`DocumentRelationsLoss` compares cosines, so that the length of a vector says nothing;
    :class:`CkaLoss` compares the batch as a whole.

    Source: Tung and Mori, Similarity-Preserving Knowledge Distillation, ICCV 2019.

    Example:
        >>> import torch
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> h = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
        >>> batch = LossBatch(h, h, h * 0 - 1, None, None, h.flip(1), None, multi_label=False)
        >>> float(SimilarityPreservingLoss()(batch))  # a turned geometry is the same
        0.0
    """

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        hidden, embedding = geometries(batch)
        if not len(hidden):
            return nothing(batch)
        student, teacher = (F.normalize(vectors @ vectors.T, dim=1) for vectors in (hidden, embedding))
        return (student - teacher).square().mean()
