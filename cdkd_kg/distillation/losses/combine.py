"""The losses of a run by name, and their weighted sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from cdkd_kg.config_losses import VERSION, LayerStatesConfig, LossesConfig
from cdkd_kg.distillation.losses.angle_relations import AngleRelationsLoss
from cdkd_kg.distillation.losses.attention import AttentionLoss
from cdkd_kg.distillation.losses.batch import LossBatch
from cdkd_kg.distillation.losses.cka import CkaLoss
from cdkd_kg.distillation.losses.contrastive import ContrastiveLoss
from cdkd_kg.distillation.losses.decoupled import DecoupledLoss
from cdkd_kg.distillation.losses.distance_relations import DistanceRelationsLoss
from cdkd_kg.distillation.losses.document_relations import DocumentRelationsLoss
from cdkd_kg.distillation.losses.entity_alignment import EntityAlignmentLoss
from cdkd_kg.distillation.losses.hard_label import HardLabelLoss
from cdkd_kg.distillation.losses.hidden_states import HiddenStatesLoss
from cdkd_kg.distillation.losses.jensen_shannon import JensenShannonLoss
from cdkd_kg.distillation.losses.layer_states import LayerStatesLoss, evenly
from cdkd_kg.distillation.losses.logits import LogitsLoss
from cdkd_kg.distillation.losses.reverse_logits import ReverseLogitsLoss
from cdkd_kg.distillation.losses.similarity_preserving import SimilarityPreservingLoss
from cdkd_kg.distillation.losses.standardised_logits import StandardisedLogitsLoss
from cdkd_kg.distillation.losses.value_relations import ValueRelationsLoss
from cdkd_kg.errors import ConfigError


@dataclass(frozen=True)
class Sizes:
    """Widths and depths that losses have to know.

    Attributes:
        student: width of the student's hidden state.
        teacher: width of the text teacher's hidden state.
        embedding: width of the teacher's geometry.
        student_layers: how many the student has.
        teacher_layers: how many the text teacher has.
        entity: width of the entities' vectors; 0 where there are none.
    """

    student: int
    teacher: int
    embedding: int
    student_layers: int = 0
    teacher_layers: int = 0
    entity: int = 0


class CombinedLoss(nn.Module):
    """Weighted sum of named losses.

    Where gradients are accumulated, each loss counts by its share of the step: those that are means over rows are then
    those of one batch of all the step's rows, and those over relations see the pairs within each batch alone.

    Args:
        losses: modules from :class:`LossBatch` to a scalar, by name.
        weights: one positive weight for each of them.
    """

    def __init__(self, losses: Mapping[str, nn.Module], weights: Mapping[str, float]) -> None:
        super().__init__()
        if losses.keys() != weights.keys() or not losses:
            raise ValueError(f"losses {sorted(losses)} and weights {sorted(weights)} must be the same and not empty")
        self.losses, self.weights = nn.ModuleDict(dict(losses)), dict(weights)

    def forward(self, batch: LossBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the sum, and each loss before its weight, detached, for the log."""
        parts = {name: loss(batch) for name, loss in self.losses.items()}
        if batch.shares is not None:
            parts = {name: part * batch.shares.of(self.losses[name]) for name, part in parts.items()}
        total = sum((self.weights[name] * part for name, part in parts.items()), batch.student_logits.sum() * 0.0)
        return total, {name: part.detach() for name, part in parts.items()}

    def versions(self) -> dict[str, float]:
        """Return the weight of each loss by its name and version, for the record."""
        return {f"{name}{VERSION}": weight for name, weight in sorted(self.weights.items())}


def make_losses(config: LossesConfig, sizes: Sizes) -> CombinedLoss:
    """Return the losses that a configuration switches on.

    Raises:
        ConfigError: a layer that the student or the teacher does not have.
    """
    soft = config.temperature
    makers: dict[str, Callable[[], nn.Module]] = {
        "hard_label": HardLabelLoss,
        "logits": partial(LogitsLoss, soft),
        "reverse_logits": partial(ReverseLogitsLoss, soft),
        "jensen_shannon": partial(JensenShannonLoss, soft, config.jensen_shannon.beta),
        "decoupled": partial(DecoupledLoss, soft, config.decoupled.alpha, config.decoupled.beta),
        "standardised_logits": partial(StandardisedLogitsLoss, soft),
        "hidden_states": partial(HiddenStatesLoss, sizes.student, sizes.teacher),
        "layer_states": partial(_layer_states, config.layer_states, sizes),
        "attention": partial(_relations, AttentionLoss, "attention", config.attention.heads, sizes),
        "value_relations": partial(
            _relations, ValueRelationsLoss, "value_relations", config.value_relations.heads, sizes
        ),
        "document_relations": DocumentRelationsLoss,
        "distance_relations": DistanceRelationsLoss,
        "angle_relations": AngleRelationsLoss,
        "similarity_preserving": SimilarityPreservingLoss,
        "cka": CkaLoss,
        "contrastive": partial(
            ContrastiveLoss, sizes.student, sizes.embedding, config.contrastive.size, config.contrastive.temperature
        ),
        "entity_alignment": partial(EntityAlignmentLoss, sizes.student, sizes.entity),
    }
    weights = config.weights()
    return CombinedLoss({name: makers[name]() for name in weights}, weights)


def hard_labels_only() -> CombinedLoss:
    """Return the losses of a student without a teacher."""
    return CombinedLoss({"hard_label": HardLabelLoss()}, {"hard_label": 1.0})


def _relations(
    kind: type[AttentionLoss | ValueRelationsLoss], name: str, heads: int, sizes: Sizes
) -> AttentionLoss | ValueRelationsLoss:
    if sizes.student % heads or sizes.teacher % heads:
        raise ConfigError(
            f"{heads} relation heads do not divide the widths of student and teacher",
            where=f"distillation.losses.{name}.heads",
            why=f"they are {sizes.student} and {sizes.teacher}",
            remedy="give a number that divides both",
        )
    return kind(heads)


def _layer_states(config: LayerStatesConfig, sizes: Sizes) -> LayerStatesLoss:
    layers = evenly(sizes.student_layers, sizes.teacher_layers) if config.layers is None else config.layers
    for whose, layer, last in (
        ("student", max(layers, default=0), sizes.student_layers),
        ("teacher", max(layers.values(), default=0), sizes.teacher_layers),
    ):
        if layer > last:
            raise ConfigError(
                f"the {whose} has no layer {layer}",
                where="distillation.losses.layer_states.layers",
                why=f"it has {last}, and 0 is what comes before the first",
                remedy=f"give layers from 0 to {last}",
            )
    return LayerStatesLoss(layers, sizes.student, sizes.teacher, config.distance)
