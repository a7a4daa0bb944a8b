"""The losses of a run by name, and their weighted sum."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from cdkd_kg.config import LossesConfig
from cdkd_kg.distillation.losses.batch import LossBatch
from cdkd_kg.distillation.losses.document_relations import DocumentRelationsLoss
from cdkd_kg.distillation.losses.hard_label import HardLabelLoss
from cdkd_kg.distillation.losses.hidden_states import HiddenStatesLoss
from cdkd_kg.distillation.losses.logits import LogitsLoss


class CombinedLoss(nn.Module):
    """Weighted sum of named losses.

    Args:
        losses: modules from :class:`LossBatch` to a scalar, by name.
        weights: one positive weight for each of them.
    """

    def __init__(self, losses: dict[str, nn.Module], weights: dict[str, float]) -> None:
        super().__init__()
        if losses.keys() != weights.keys() or not losses:
            raise ValueError(f"losses {sorted(losses)} and weights {sorted(weights)} must be the same and not empty")
        self.losses, self.weights = nn.ModuleDict(losses), dict(weights)

    def forward(self, batch: LossBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the sum, and each loss before its weight, detached, for the log."""
        parts = {name: loss(batch) for name, loss in self.losses.items()}
        total = sum((self.weights[name] * part for name, part in parts.items()), batch.student_logits.sum() * 0.0)
        return total, {name: part.detach() for name, part in parts.items()}


def make_losses(config: LossesConfig, student_size: int, teacher_size: int) -> CombinedLoss:
    """Return the losses that a configuration switches on.

    Args:
        config: weights and temperature.
        student_size: width of the student's hidden state.
        teacher_size: width of the teacher's hidden state.
    """
    weights = config.weights()
    makers: dict[str, Callable[[], nn.Module]] = {
        "hard_label": HardLabelLoss,
        "logits": lambda: LogitsLoss(config.temperature),
        "hidden_states": lambda: HiddenStatesLoss(student_size, teacher_size),
        "document_relations": DocumentRelationsLoss,
    }
    return CombinedLoss({name: makers[name]() for name in weights}, weights)


def hard_labels_only() -> CombinedLoss:
    """Return the losses of a student without a teacher."""
    return CombinedLoss({"hard_label": HardLabelLoss()}, {"hard_label": 1.0})
