"""How the tokens of a text attend to one another, in student and teacher, whatever their numbers of heads."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from cdkd_kg.distillation.losses.batch import (
    LossBatch,
    TokenStates,
    both_tokens,
    teacher_part,
    token_mean,
    weighted_mean,
)
from cdkd_kg.distillation.losses.softened import kl


class TokenRelationsLoss(nn.Module):
    r"""Divergence between what each token attends to in teacher and student.

    .. math:: \frac{1}{A\,|x|} \sum_{a, t} \operatorname{KL}(R^T_{a,t} \,\|\, R^S_{a,t}), \qquad
        R_a = \operatorname{softmax} \frac{X_a Y_a^\top}{\sqrt{D / A}}

    The vectors of all heads are laid side by side and cut anew into A relation heads, so that student and teacher
    need neither the same number of heads nor the same width.

    The class attribute ``directed`` says whether a token looks at others, so that those after it do not count where
    student or teacher is a decoder.

    Args:
        heads: A; it divides the widths of student and teacher.

    Source: Wang et al., MiniLMv2, Findings of ACL 2021.
    """

    directed: ClassVar[bool] = False

    def __init__(self, heads: int = 12) -> None:
        super().__init__()
        self.heads = heads

    def related(self, tokens: TokenStates) -> tuple[Tensor, Tensor]:
        """Return X and Y, ``[B, T, D]`` each."""
        raise NotImplementedError

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        student, teacher = both_tokens(batch)
        first, second = (teacher_part(one, "attention", len(teacher.mask)) for one in self.related(teacher))
        seen = student.mask[:, None, None, :] != 0
        if self.directed and (student.causal or teacher.causal):
            seen = seen & torch.ones(seen.shape[-1], seen.shape[-1], dtype=torch.bool, device=seen.device).tril()
        mine, theirs = (_relation(*one, self.heads, seen) for one in (self.related(student), (first, second)))
        found = token_mean(kl(theirs, mine).mean(dim=1), student.mask)
        return weighted_mean(found, batch.weight)


def attention_of(tokens: TokenStates) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values, refusing a batch without them."""
    if tokens.attention is None:
        raise ValueError("this loss needs the queries, keys and values of the last layer, but the batch has none")
    return tokens.attention


def _relation(first: Tensor, second: Tensor, heads: int, seen: Tensor) -> Tensor:
    """Return log-probabilities ``[B, A, T, T]``; what is not seen gets no more than float32 can tell from nothing."""
    rows, tokens, width = first.shape
    if width % heads:
        raise ValueError(f"{heads} relation heads do not divide vectors of {width} numbers")
    first, second = (one.view(rows, tokens, heads, -1).transpose(1, 2) for one in (first, second))
    scores = first @ second.transpose(-1, -2) / math.sqrt(width / heads)
    lowest = torch.finfo(scores.dtype).min / 2
    return scores.masked_fill(~seen, lowest).log_softmax(dim=-1)
