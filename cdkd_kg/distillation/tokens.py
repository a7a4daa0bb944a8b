"""What a model makes of every token: its layers, and queries, keys and values of its last attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

from cdkd_kg.distillation.losses.batch import TokenStates
from cdkd_kg.errors import ConfigError

APART = (
    ("query", "key", "value"),  # BERT, RoBERTa, ELECTRA, MPNet's siblings
    ("q_lin", "k_lin", "v_lin"),  # DistilBERT
    ("query_proj", "key_proj", "value_proj"),  # DeBERTa
    ("q_proj", "k_proj", "v_proj"),  # OPT, Llama, ModernBERT's siblings
    ("q", "k", "v"),  # MPNet, T5
)
FUSED = ("c_attn",)
"""Names of modules that give queries, keys and values side by side: GPT-2."""


class TokenReader:
    """Keeps what a model makes of tokens while it runs.

    Args:
        model: whose last attention is watched from now on, where ``attention`` is asked for.
        attention: whether queries, keys and values are kept; hidden states always are.

    Raises:
        ConfigError: the model has no attention whose parts are known by name.
    """

    def __init__(self, model: PreTrainedModel, *, attention: bool) -> None:
        self._seen: dict[str, Tensor] = {}
        self._parts: tuple[str, ...] = ()
        self._causal = False
        if attention:
            self._parts, holder = _watched(model, self._seen)
            self._causal = _is_causal(model, holder)

    def states(self, output: Any, mask: Tensor) -> TokenStates:
        """Return what the last call of the model made of the tokens of ``mask``, ``[B, T]``."""
        layers = tuple(output.hidden_states)
        if not self._parts:
            return TokenStates(mask, layers)
        queries, keys, values = (
            self._seen[self._parts[0]].chunk(3, dim=-1)
            if len(self._parts) == 1
            else (self._seen[part] for part in self._parts)
        )
        return TokenStates(mask, layers, (queries.float(), keys.float(), values.float()), self._causal)


class TokenTeacher:
    """A text teacher that reads every batch again, for the losses that compare tokens.

    Args:
        model: the teacher, which is not trained any more.
        attention: as for :class:`TokenReader`.
    """

    def __init__(self, model: PreTrainedModel, *, attention: bool) -> None:
        self.model, self.attention = model.eval().requires_grad_(False), attention
        self._reader = TokenReader(model, attention=attention)

    @torch.no_grad()
    def __call__(self, inputs: Mapping[str, Tensor]) -> TokenStates:
        """Return what the teacher makes of a batch that was tokenised for the student."""
        output = self.model(**inputs, output_hidden_states=True)
        return self._reader.states(output, inputs["attention_mask"])


def _watched(model: PreTrainedModel, seen: dict[str, Tensor]) -> tuple[tuple[str, ...], nn.Module]:
    """Keep what the last modules of these names give, and return their names and the module that holds them."""
    places = {name.rpartition(".")[2]: name for name, _ in model.base_model.named_modules()}
    modules = {name: model.base_model.get_submodule(place) for name, place in places.items()}
    for names in (*APART, *((name,) for name in FUSED)):
        if all(isinstance(modules.get(name), nn.Module) for name in names):
            for name in names:
                modules[name].register_forward_hook(lambda _, __, given, name=name: seen.__setitem__(name, given))
            return names, model.base_model.get_submodule(places[names[0]].rpartition(".")[0])
    raise ConfigError(
        f"the attention of {type(model).__name__} is not known",
        where="distillation.losses",
        why="attention and value_relations look for its queries, keys and values by their usual names",
        remedy="leave these losses at 0, or use layer_states",
    )


def _is_causal(model: PreTrainedModel, attention: nn.Module) -> bool:
    """Say whether tokens attend to none after them.

    Most attentions say so themselves. Of the others, those are whose family says the next word and fills no gaps.
    """
    says = getattr(attention, "is_causal", getattr(model.config, "is_decoder", None) or None)
    if says is not None:
        return bool(says)
    family = model.config.model_type
    return family in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and family not in MODEL_FOR_MASKED_LM_MAPPING_NAMES
