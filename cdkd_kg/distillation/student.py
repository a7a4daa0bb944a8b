"""The student before it has learned: layers of a larger model, or a small model by name."""

from __future__ import annotations

from pathlib import Path

from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from cdkd_kg.config import StudentConfig, TaskConfig
from cdkd_kg.distillation.layers import check_layers
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.layers import layer_stacks
from cdkd_kg.teachers.models import load_classifier, load_tokenizer


def new_student(
    config: StudentConfig, teacher_model: str | Path, task: TaskConfig
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return an untrained student and its tokenizer.

    With ``teacher_layers`` the student takes those layers of the teacher's model as it was *before*
    fine-tuning, so that a student without distillation owes nothing to the teacher.

    Args:
        config: layers or model.
        teacher_model: what the text teacher started from.
        task: the label space.
    """
    name = teacher_model if config.model is None else config.model
    model = load_classifier(name, task.labels, task.multi_label, task.regression)
    if config.teacher_layers is not None:
        keep_layers(model, config.teacher_layers)
    return model, load_tokenizer(name)


def keep_layers(model: PreTrainedModel, layers: tuple[int, ...]) -> None:
    """Cut a model, in place, down to some of its layers, in the given order.

    Raises:
        ConfigError: a layer that the model does not have, or a model without a plain list of layers.
    """
    count = getattr(model.config, "num_hidden_layers", None)
    check_layers(layers, count)
    for name, stack in layer_stacks(model):
        if len(stack) == count:
            kept = nn.ModuleList(stack[layer] for layer in layers)
            model.set_submodule(name, kept)
            _renumber(model, kept, layers)
            return
    raise ConfigError(
        f"{type(model).__name__} has no plain list of layers to take from",
        where="distillation.student.teacher_layers",
        remedy="give distillation.student.model instead",
    )


def _renumber(model: PreTrainedModel, kept: nn.ModuleList, layers: tuple[int, ...]) -> None:
    """Tell the configuration, and decoders' layers, which count themselves, how many are left."""
    kinds = getattr(model.config, "layer_types", None)
    model.config.num_hidden_layers = len(layers)
    if kinds is not None:
        model.config.layer_types = [kinds[layer] for layer in layers]
    for place, layer in enumerate(kept):
        for module in layer.modules():
            if hasattr(module, "layer_idx"):
                module.layer_idx = place  # type: ignore[assignment]
