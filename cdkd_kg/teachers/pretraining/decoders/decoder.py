"""What every decoder is: a question becomes a vector, and the vector is compared with those of possible answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn


class Decoder(nn.Module, ABC):
    r"""Scores triples of R relations.

    A question is an entity and a relation numbered in [0, 2R): ``r`` asks for the tail of ``(h, r, ?)``, and
    ``r + R`` reads ``r`` backwards and asks for the head of ``(?, r, t)``. Both ways give a triple one score,

    .. math:: s(h, r, t) = \langle q(h, r), t \rangle = \langle q(t, r + R), h \rangle

    which a subclass sees to. Complex vectors are real tensors, real parts first, imaginary parts second.

    Args:
        relations: R.
        width: real numbers of a vector, W.

    Attributes:
        multiple: what the width must be a multiple of.
        spread: the standard deviation of entity vectors at the start.
    """

    multiple: ClassVar[int] = 1
    spread: ClassVar[float] = 0.1

    def __init__(self, relations: int, width: int) -> None:
        super().__init__()
        self.relations, self.width = relations, width

    @abstractmethod
    def question(self, anchors: Tensor, relations: Tensor) -> Tensor:
        """Return the vectors ``[B, W]`` of questions from those of their entities ``[B, W]`` and their relations."""

    def compare(self, questions: Tensor, answers: Tensor) -> Tensor:
        """Return scores by inner product.

        Shapes: questions ``[B, W]``; answers ``[V, W]`` for all give ``[B, V]``, ``[B, N, W]`` give ``[B, N]``.
        """
        if answers.dim() == 2:
            return questions @ answers.T
        return torch.einsum("bw,bnw->bn", questions, answers)

    def score(self, heads: Tensor, relations: Tensor, tails: Tensor) -> Tensor:
        """Return the scores ``[B]`` of triples from vectors ``[B, W]`` and relations ``[B]`` in [0, R)."""
        return self.compare(self.question(heads, relations), tails.unsqueeze(1)).squeeze(1)

    def _sign(self, relations: Tensor) -> Tensor:
        """Return ``[B, 1]``: 1 for a relation read forwards, -1 for one read backwards."""
        return torch.where(relations < self.relations, 1.0, -1.0).unsqueeze(1)
