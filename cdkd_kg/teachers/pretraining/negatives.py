"""False answers to learn from."""

from __future__ import annotations

import torch
from torch import Tensor

from cdkd_kg.teachers.pretraining.known import Known

ROUNDS = 8
"""How often a draw that turns out true is drawn again."""


def false_answers(asked: Tensor, known: Known, count: int) -> tuple[Tensor, Tensor]:
    """Draw answers that nobody has said are right, uniformly and with replacement.

    As a question asks for the tail or for the head, a false answer is a triple whose tail or head was replaced.
    A draw that is true is drawn again; where almost every entity is a right answer some draws stay true.

    Args:
        asked: ``[B, 3]`` questions with their answers.
        known: what is true; for training, the training triples and no others.
        count: draws a question, N.

    Returns:
        Entities ``[B, N]``, and a bool mask ``[B, N]`` of those that are still true and must not be used.

    Source: Bordes et al., Translating Embeddings for Modeling Multi-relational Data, NeurIPS 2013.
    """
    answers = torch.randint(known.entities, (len(asked), count))
    true = known.holds(asked, answers)
    for _ in range(ROUNDS):
        if not true.any():
            break
        answers = torch.where(true, torch.randint(known.entities, answers.shape), answers)
        true = known.holds(asked, answers)
    return answers, true
