"""Losses by name: their sum, their options, and the names that are refused."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cdkd_kg.config import Config, load_config
from cdkd_kg.config_losses import LossesConfig
from cdkd_kg.distillation.losses.combine import CombinedLoss, Sizes, make_losses
from cdkd_kg.distillation.losses.hard_label import HardLabelLoss
from cdkd_kg.errors import ConfigError
from tests.distillation.losses.batches import batch
from tests.pipeline.corpus import prepare

SIZES = Sizes(4, 4, 6, student_layers=1, teacher_layers=2, entity=3)
NAMES = [name for name in LossesConfig.model_fields if name != "temperature"]


def losses(**options) -> LossesConfig:
    return LossesConfig.model_validate(options)


def alone(name, **options) -> LossesConfig:
    others = [other for other in NAMES if other != name.removesuffix(".v1")]
    return losses(**dict.fromkeys(others, 0) | {name: options or 1})


def test_the_sum_has_its_weights_and_only_what_is_switched_on():
    made = make_losses(losses(hard_label=2, logits=0, hidden_states=0, document_relations=1), SIZES)
    total, parts = made(batch())
    assert sorted(parts) == ["document_relations", "hard_label"]
    assert float(total) == pytest.approx(2 * float(parts["hard_label"]) + float(parts["document_relations"]))
    assert made.versions() == {"document_relations.v1": 1.0, "hard_label.v1": 2.0}
    with pytest.raises(ValueError, match="must be the same"):
        CombinedLoss({"hard_label": HardLabelLoss()}, {})


@pytest.mark.parametrize("name", NAMES)
def test_every_name_makes_a_loss_that_moves_a_student_and_may_carry_its_version(name):
    sizes = Sizes(8, 8, 6, student_layers=1, teacher_layers=2, entity=3)
    options = {"heads": 4} if name in ("attention", "value_relations") else {}
    made = batch(student_hidden=torch.randn(5, 8, requires_grad=True), teacher_hidden=torch.randn(5, 8))
    total, parts = make_losses(alone(f"{name}.v1", **options), sizes)(made)
    assert list(parts) == [name]
    total.backward()


def test_a_projection_appears_only_where_widths_differ():
    assert not list(make_losses(losses(), SIZES).parameters())
    assert list(make_losses(losses(), Sizes(4, 7, 6)).parameters())
    projected = make_losses(alone("layer_states"), Sizes(4, 8, 6, 1, 2))
    assert [layer.weight.shape for layer in projected.modules() if isinstance(layer, nn.Linear)] == [(8, 4)] * 2


def test_options_reach_their_loss():
    made = make_losses(losses(temperature=3, decoupled={"beta": 2}, layer_states={"layers": {1: 2}}), SIZES).losses
    assert (made["logits"].temperature, made["decoupled"].temperature, made["decoupled"].beta) == (3, 3, 2)
    assert made["layer_states"].layers == {1: 2}
    assert make_losses(alone("layer_states"), SIZES).losses["layer_states"].layers == {0: 0, 1: 2}


@pytest.mark.parametrize(("layers", "whose"), [({2: 0}, "student has no layer 2"), ({0: 3}, "teacher has no layer 3")])
def test_layers_that_are_not_there_are_refused(layers, whose):
    with pytest.raises(ConfigError, match=whose):
        make_losses(alone("layer_states", layers=layers), SIZES)


def test_a_loss_is_a_weight_or_a_mapping_in_a_file_and_an_override_changes_one(tmp_path):
    path = prepare(tmp_path)
    config = load_config(path, ["distillation.losses.decoupled={weight: 0.5, beta: 2}", "distillation.losses.cka=1"])
    assert (config.distillation.losses.decoupled.weight, config.distillation.losses.decoupled.beta) == (0.5, 2)
    assert config.distillation.losses.weights()["cka"] == 1
    assert Config.model_validate(config.model_dump(mode="json")) == config
    with pytest.raises(ConfigError, match="did you mean 'decoupled'"):
        load_config(path, ["distillation.losses.decuopled=1"])
    with pytest.raises(ConfigError, match="logits"):
        load_config(path, ["distillation.losses.logits=-1"])
    with pytest.raises(ConfigError, match="nothing to learn from"):
        load_config(path, [f"distillation.losses={dict.fromkeys(NAMES, 0)}"])


def test_only_losses_of_tokens_ask_the_text_teacher_again():
    asked = {name for name in NAMES if alone(name).online()}
    assert asked == {"layer_states", "attention", "value_relations"}


def test_a_loss_is_named_once_with_or_without_its_version():
    with pytest.raises(ValueError, match="given twice"):
        losses(**{"logits": 1, "logits.v1": 0})
