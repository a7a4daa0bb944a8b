"""What each loss is a mean over, so that the batches of one optimiser step together give the mean of the whole step."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from cdkd_kg.distillation.losses.entity_alignment import EntityAlignmentLoss
from cdkd_kg.distillation.losses.hard_label import HardLabelLoss
from cdkd_kg.distillation.losses.hidden_states import HiddenStatesLoss
from cdkd_kg.distillation.losses.layer_states import LayerStatesLoss
from cdkd_kg.distillation.losses.softened import SoftenedLoss
from cdkd_kg.distillation.losses.token_relations import TokenRelationsLoss

WEIGHED = (SoftenedLoss, HiddenStatesLoss, LayerStatesLoss, TokenRelationsLoss)
"""Means over documents (or words) by weight."""


class StepShares(NamedTuple):
    """Scalars: what the mean over each of these in a batch is multiplied by.

    Attributes:
        rows: all documents, or words.
        labelled: those with a label.
        weight: the weight of all.
        mentions: the weight of the documents of linked mentions.

    See :func:`~cdkd_kg.teachers.step_shares.shares_of`.
    """

    rows: Tensor
    labelled: Tensor
    weight: Tensor
    mentions: Tensor

    def of(self, loss: nn.Module) -> Tensor:
        """Return the share of a loss.

        A loss over the relations of documents is no mean over rows: it sees the pairs of one batch alone, and counts by
        the rows of it. So do losses that are not ours.
        """
        if isinstance(loss, HardLabelLoss):
            return self.labelled
        if isinstance(loss, EntityAlignmentLoss):
            return self.mentions
        return self.weight if isinstance(loss, WEIGHED) else self.rows
