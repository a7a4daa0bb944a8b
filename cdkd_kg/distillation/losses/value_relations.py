"""Value-relation loss: what two tokens hand on is as alike in the student as in the teacher."""

from __future__ import annotations

from torch import Tensor

from cdkd_kg.distillation.losses.batch import TokenStates
from cdkd_kg.distillation.losses.token_relations import TokenRelationsLoss, attention_of


class ValueRelationsLoss(TokenRelationsLoss):
    r"""Divergence of the relations among the values of the last layers' attention.

    .. math:: R = \operatorname{softmax} \frac{V V^\top}{\sqrt{D / A}}

    It is the same both ways, so that it compares all pairs of tokens of decoders, too.

    Args:
        heads: A, the relation heads; it divides the widths of student and teacher.

    Inputs:
        student_tokens: mask and attention.
        teacher_tokens: likewise, of the same tokens.
        weight: ``[B]``; None counts all documents alike.

    Siblings: :class:`AttentionLoss`, to which the paper adds it; :class:`LayerStatesLoss` copies states themselves.

    Source: Wang et al., MiniLM, NeurIPS 2020; Wang et al., MiniLMv2, Findings of ACL 2021 (relation heads).

    Example:
        >>> import torch
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> x = torch.randn(1, 3, 4)
        >>> tokens = TokenStates(torch.ones(1, 3), (x,), (x, x, x))
        >>> one = torch.zeros(1, 2)
        >>> batch = LossBatch(one, one, one - 1, None, None, None, None, False, tokens, tokens)
        >>> float(ValueRelationsLoss(heads=2)(batch))
        0.0
    """

    def related(self, tokens: TokenStates) -> tuple[Tensor, Tensor]:
        """Return the values, twice."""
        *_, values = attention_of(tokens)
        return values, values
