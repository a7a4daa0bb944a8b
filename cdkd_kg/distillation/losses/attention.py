"""Attention loss: a token of the student attends to what it attends to in the teacher."""

from __future__ import annotations

from torch import Tensor

from cdkd_kg.distillation.losses.batch import TokenStates
from cdkd_kg.distillation.losses.token_relations import TokenRelationsLoss, attention_of
from cdkd_kg.errors import ConfigError


class AttentionLoss(TokenRelationsLoss):
    r"""Divergence of the last layers' attention: the relation of queries to keys.

    .. math:: R = \operatorname{softmax} \frac{Q K^\top}{\sqrt{D / A}}

    Where student or teacher is a decoder, a token is compared on what it and those before it say to it, in both. Q and
    K are what the projections give, before any rotary embedding of positions.

    Args:
        heads: A, the relation heads; it divides the widths of student and teacher.

    Inputs:
        student_tokens: mask and attention.
        teacher_tokens: likewise, of the same tokens.
        weight: ``[B]``; None counts all documents alike.

    Raises:
        ConfigError: keys are narrower than queries, as where several heads share one.

    Siblings: :class:`ValueRelationsLoss`, with which the paper adds it up.

    Source: Wang et al., MiniLM, NeurIPS 2020; Wang et al., MiniLMv2, Findings of ACL 2021 (relation heads).

    Example:
        >>> import torch
        >>> from cdkd_kg.distillation.losses.batch import LossBatch
        >>> x = torch.randn(1, 3, 4)
        >>> tokens = TokenStates(torch.ones(1, 3), (x,), (x, x, x))
        >>> one = torch.zeros(1, 2)
        >>> batch = LossBatch(one, one, one - 1, None, None, None, None, False, tokens, tokens)
        >>> float(AttentionLoss(heads=2)(batch))
        0.0
    """

    directed = True

    def related(self, tokens: TokenStates) -> tuple[Tensor, Tensor]:
        """Return queries and keys."""
        queries, keys, _ = attention_of(tokens)
        if queries.shape != keys.shape:
            raise ConfigError(
                "attention cannot be compared where heads share keys",
                where="distillation.losses.attention",
                why=f"a token has {queries.shape[-1]} numbers in queries, {keys.shape[-1]} in keys (grouped queries)",
                remedy="leave this loss at 0, or use value_relations or layer_states",
            )
        return queries, keys
