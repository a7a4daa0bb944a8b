"""Entity-alignment loss: what the student makes of a mention points where the graph has the entity."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from cdkd_kg.distillation.losses.batch import LossBatch, teacher_part, weighted_mean


class EntityAlignmentLoss(nn.Module):
    r"""Cosine distance between a mention's tokens and the vector of its linked entity.

    .. math:: \frac{\sum_m w_{d(m)} \left(1 - \cos(P \bar h_m, v_{e(m)})\right)}{\sum_m w_{d(m)}}, \qquad
        \bar h_m = \frac{1}{|m|} \sum_{t \in m} h_t

    over the mentions m of a batch, each in its document d. P is trained with the student, and is no part of it. A
    batch without a linked mention gives 0.

    Args:
        student_size: width of the student's states.
        entity_size: width of the entities' vectors.

    Inputs:
        student_tokens: its last layer.
        mentions: their documents, tokens and entities' vectors.
        weight: ``[B]``; None counts all documents alike.

    Siblings: :class:`DocumentRelationsLoss` brings the graph's view of whole documents.

    Source: Peters et al., Knowledge Enhanced Contextual Word Representations, EMNLP 2019, align mention spans and
    entity vectors inside a model; here the student keeps only what it learned from that.

    Example:
        >>> import torch
        >>> from cdkd_kg.distillation.losses.batch import LinkedMentions, TokenStates
        >>> h, one = torch.eye(2)[None], torch.zeros(1, 2)
        >>> mentions = LinkedMentions(torch.tensor([0]), torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 2.0]]))
        >>> student = TokenStates(one + 1, (h,))
        >>> batch = LossBatch(one, one, one - 1, None, None, None, None, False, student, None, mentions)
        >>> loss = EntityAlignmentLoss(2, 2)
        >>> _ = torch.nn.init.eye_(loss.projection.weight)
        >>> float(loss(batch))
        1.0
    """

    def __init__(self, student_size: int, entity_size: int) -> None:
        super().__init__()
        self.projection = nn.Linear(student_size, entity_size, bias=False)

    def forward(self, batch: LossBatch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        if batch.student_tokens is None or batch.mentions is None:
            raise ValueError("this loss needs the student's tokens and linked mentions, but the batch has none")
        found, states = batch.mentions, batch.student_tokens.layers[-1]
        if not len(found.rows):
            return states.sum() * 0.0
        vectors = teacher_part(found.vectors, "view of entities", len(found.rows))
        covered = found.tokens.to(states.dtype)
        means = (states[found.rows] * covered.unsqueeze(-1)).sum(dim=1) / covered.sum(dim=1, keepdim=True).clamp_min(1)
        distance = 1 - F.cosine_similarity(self.projection(means), vectors, dim=-1)
        return weighted_mean(distance, None if batch.weight is None else batch.weight[found.rows])
