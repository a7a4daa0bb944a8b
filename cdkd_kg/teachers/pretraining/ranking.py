"""How high the right answers stand among all entities."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cdkd_kg.errors import DataRefusedError, TrainingError
from cdkd_kg.teachers.pretraining.decoders.decoder import Decoder
from cdkd_kg.teachers.pretraining.known import Known, questions

CELLS = 8_000_000
"""Numbers that one batch of comparisons may hold."""


@dataclass(frozen=True)
class Ranking:
    """The measures over both sides of T triples, each in [0, 1].

    Attributes:
        mrr: the mean of 1 / rank.
        hits_at_1: share of ranks of at most 1; ``hits_at_3`` and ``hits_at_10`` likewise.
        chance: the ``mrr`` to expect of scores drawn at random; a dead encoder has no more.
        count: questions that were ranked, 2T.
    """

    mrr: float
    hits_at_1: float
    hits_at_3: float
    hits_at_10: float
    chance: float
    count: int


def ranks(scores: Tensor, answers: Tensor, others: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    r"""Return the rank of each right answer, and how many answers it was ranked among.

    .. math:: 1 + |\{v : s_v > s_a\}| + \tfrac{1}{2} |\{v \ne a : s_v = s_a\}|

    that is the mean of the ranks that ties allow, over the entities v that are no other right answer.

    Args:
        scores: ``[B, V]``.
        answers: ``[B]`` right answers.
        others: rows and columns of other right answers, which are left out.

    Returns:
        Two tensors ``[B]`` of float64.

    Source: Berrendorf et al., On the Ambiguity of Rank-Based Evaluation of Entity Alignment or Link Prediction
    Methods, 2020 (the "realistic" rank).
    """
    mine = scores.gather(1, answers.unsqueeze(1))
    counts = torch.ones_like(scores, dtype=torch.bool)
    counts[others] = False
    above = ((scores > mine) & counts).sum(1)
    level = ((scores == mine) & counts).sum(1) - 1
    return 1 + above.double() + level.double() / 2, counts.sum(1).double()


@torch.no_grad()
def ranking(vectors: Tensor, decoder: Decoder, triples: Tensor, known: Known) -> Ranking:
    r"""Rank the tail and the head of every triple among all entities but the other right ones.

    Chance is the mean of :math:`\frac{1}{n} \sum_{k=1}^n \frac{1}{k}` over questions with n answers to rank.

    Args:
        vectors: ``[V, W]`` of the entities.
        decoder: what scores.
        triples: ``[T, 3]`` to judge by.
        known: what is left out: for test, all triples; for validation, all but those of test.

    Raises:
        DataRefusedError: there is no triple to rank.
        TrainingError: a score is not finite.
    """
    if not len(triples):
        raise DataRefusedError("there is no triple to rank", remedy="hold out more triples")
    asked = questions(triples, known.relations)
    batch = max(1, CELLS // (vectors.shape[0] * vectors.shape[1]))
    found, among = [], []
    for part in torch.split(asked, batch):
        scores = decoder.compare(decoder.question(vectors[part[:, 0]], part[:, 1]), vectors)
        if not torch.isfinite(scores).all():
            raise TrainingError("scores of triples are not finite", remedy="lower the learning rate")
        rank, size = ranks(scores, part[:, 2], known.others(part))
        found.append(rank)
        among.append(size)
    rank = torch.cat(found)
    hits = {f"hits_at_{most}": float((rank <= most).double().mean()) for most in (1, 3, 10)}
    size = torch.cat(among)
    chance = float(((torch.digamma(size + 1) - torch.digamma(torch.ones_like(size))) / size).mean())
    return Ranking(mrr=float(rank.reciprocal().mean()), chance=chance, count=len(rank), **hits)
