"""What a student learns by: each loss by name, with its weight and what else it is to be told."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from cdkd_kg.config_model import Model

Layer = Annotated[int, Field(ge=0)]
VERSION = ".v1"
"""Every loss is of its first version so far; a changed formula gets a name of its own, and the old one stays."""


class LossConfig(Model):
    """A loss: its weight, or a mapping of its weight and options. A weight of 0 switches it off."""

    weight: float = Field(1.0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return {"weight": value} if isinstance(value, (int, float, str)) else value


class JensenShannonConfig(LossConfig):
    """``beta`` is the teacher's share of the mixture."""

    beta: float = Field(0.5, gt=0, lt=1)


class DecoupledConfig(LossConfig):
    """``alpha`` weighs the target class, ``beta`` the others."""

    alpha: float = Field(1.0, ge=0)
    beta: float = Field(8.0, ge=0)


class TokenRelationsConfig(LossConfig):
    """``heads`` are relation heads; they divide the widths of student and teacher."""

    heads: int = Field(12, ge=1)


class LayerStatesConfig(LossConfig):
    """``layers`` of the student to the teacher's, 0 being what is before the first; None spreads them evenly."""

    layers: dict[Layer, Layer] | None = None
    distance: Literal["mse", "cosine"] = "mse"


class ContrastiveConfig(LossConfig):
    """``size`` of the space where student and teacher meet, and the ``temperature`` of their likeness."""

    size: int = Field(128, ge=1)
    temperature: float = Field(0.07, gt=0)


OFF = LossConfig(weight=0)
ONLINE = ("layer_states", "attention", "value_relations")
"""Losses that compare tokens, so that the text teacher reads every batch again: none of it is cached."""

COMPARE_PROBABILITIES = ("reverse_logits", "jensen_shannon", "decoupled", "standardised_logits")
FEWEST_STANDARDISED = 3


class LossesConfig(Model):
    """The losses of a student, by name or by name and version (``logits.v1``).

    ``temperature`` belongs to those that compare softened answers: ``logits``, ``reverse_logits``, ``jensen_shannon``,
    ``decoupled`` and ``standardised_logits``.
    """

    hard_label: LossConfig = LossConfig(weight=1)
    logits: LossConfig = LossConfig(weight=1)
    reverse_logits: LossConfig = OFF
    jensen_shannon: JensenShannonConfig = JensenShannonConfig(weight=0)
    decoupled: DecoupledConfig = DecoupledConfig(weight=0)
    standardised_logits: LossConfig = OFF
    hidden_states: LossConfig = LossConfig(weight=0.5)
    layer_states: LayerStatesConfig = LayerStatesConfig(weight=0)
    attention: TokenRelationsConfig = TokenRelationsConfig(weight=0)
    value_relations: TokenRelationsConfig = TokenRelationsConfig(weight=0)
    document_relations: LossConfig = LossConfig(weight=0.5)
    distance_relations: LossConfig = OFF
    angle_relations: LossConfig = OFF
    similarity_preserving: LossConfig = OFF
    cka: LossConfig = OFF
    contrastive: ContrastiveConfig = ContrastiveConfig(weight=0)
    entity_alignment: LossConfig = OFF
    temperature: float = Field(2.0, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _versions(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        named = {str(name).removesuffix(VERSION): options for name, options in value.items()}
        if len(named) < len(value):
            raise ValueError("a loss is given twice, with and without its version")
        return named

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.weights():
            raise ValueError("every loss has weight 0, so there is nothing to learn from")
        return self

    def weights(self) -> dict[str, float]:
        """Return the losses that are switched on, by name."""
        losses = {name: getattr(self, name) for name in type(self).model_fields if name != "temperature"}
        return {name: loss.weight for name, loss in losses.items() if loss.weight > 0}

    def unfit(self, labels: int, multi_label: bool, regression: bool = False) -> str | None:
        """Say which loss that is switched on is not for such a task, and why; None where all are."""
        for name in self.weights():
            if regression and name in COMPARE_PROBABILITIES:
                return f"{name} compares probabilities of labels, and a regression has none"
            if multi_label and name in ("decoupled", "standardised_logits"):
                return f"{name} compares classes of which one applies, and these labels are independent"
            if labels < FEWEST_STANDARDISED and name == "standardised_logits":
                return f"{name} needs three labels, since two are 1 and -1 whatever the teacher says"
        return None

    def online(self) -> bool:
        """Say whether the text teacher has to read every batch."""
        return any(name in self.weights() for name in ONLINE)
