"""What is known to be true, so that no true triple counts as a false one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


def questions(triples: Tensor, relations: int) -> Tensor:
    """Return what T triples ask, ``[2T, 3]`` of (entity, relation, right answer): all tails first, then all heads.

    A relation r + R is r read backwards, as :class:`~cdkd_kg.teachers.pretraining.decoders.decoder.Decoder` says.
    """
    heads, names, tails = triples.unbind(1)
    return torch.cat([triples, torch.stack([tails, names + relations, heads], dim=1)])


@dataclass(frozen=True)
class Known:
    """The right answers of questions about V entities and R relations.

    Attributes:
        keys: one sorted number for each question and right answer.
        entities: V.
        relations: R.
    """

    keys: Tensor
    entities: int
    relations: int

    @classmethod
    def of(cls, triples: Tensor, entities: int, relations: int) -> Known:
        """Return what triples ``[T, 3]`` say, asked for tails and for heads."""
        known = cls(torch.empty(0, dtype=torch.long), entities, relations)
        asked = questions(triples, relations)
        return cls(torch.unique(known._key(asked[:, 0], asked[:, 1]) + asked[:, 2]), entities, relations)

    def right(self, asked: Tensor) -> tuple[Tensor, Tensor]:
        """Return rows and columns, in a matrix ``[B, V]`` of scores, of all right answers to ``[B, 3]`` questions."""
        first = self._key(asked[:, 0], asked[:, 1])
        begin, end = torch.searchsorted(self.keys, first), torch.searchsorted(self.keys, first + self.entities)
        count = end - begin
        rows = torch.repeat_interleave(torch.arange(len(asked)), count)
        before = torch.cumsum(count, 0) - count
        place = torch.arange(len(rows)) - before[rows] + begin[rows]
        return rows, self.keys[place] % self.entities

    def others(self, asked: Tensor) -> tuple[Tensor, Tensor]:
        """Return the same without the answers that the questions themselves hold."""
        rows, columns = self.right(asked)
        other = columns != asked[rows, 2]
        return rows[other], columns[other]

    def holds(self, asked: Tensor, answers: Tensor) -> Tensor:
        """Say which of ``[B, N]`` answers are right for ``[B, 3]`` questions."""
        if not len(self.keys):
            return torch.zeros_like(answers, dtype=torch.bool)
        key = self._key(asked[:, 0], asked[:, 1]).unsqueeze(1) + answers
        return self.keys[torch.searchsorted(self.keys, key).clamp_max(len(self.keys) - 1)] == key

    def _key(self, anchors: Tensor, relations: Tensor) -> Tensor:
        return (anchors * (2 * self.relations) + relations) * self.entities
