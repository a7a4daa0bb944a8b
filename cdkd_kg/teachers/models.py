"""Models by name, folder or hub id, and what they say of texts."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from cdkd_kg.errors import MissingResourceError
from cdkd_kg.progress import track
from cdkd_kg.teachers.encoding import alike, encode
from cdkd_kg.teachers.pretrained import load_pretrained

logger = logging.getLogger(__name__)

SAFE = {"use_safetensors": True}
"""Other formats of weights are pickles, and loading one may run code."""


def load_tokenizer(model: str | Path) -> PreTrainedTokenizerBase:
    """Return the tokenizer of a model: a name of ``cdkd data list``, a folder, or a hub id.

    One that has no token for padding, as decoders have none, pads with the token that ends a text.
    """
    tokenizer: PreTrainedTokenizerBase = load_pretrained(AutoTokenizer, model)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    return tokenizer


def load_classifier(
    model: str | Path, labels: Sequence[str], multi_label: bool, regression: bool = False
) -> PreTrainedModel:
    """Return a model with one output a label, or value; its head is new unless the model has these very labels.

    Labels are matched by name: a saved head whose labels stand in another order keeps what it learned,
    each row moved to its label's place; one of other labels is dropped with a warning. A decoder answers at the last
    token of a text, so it is told which one pads.

    Raises:
        MissingResourceError: the model is not here and cannot be fetched.
    """
    classifier = load_with_head(AutoModelForSequenceClassification, model, labels)
    kind = (
        "multi_label_classification" if multi_label else "regression" if regression else "single_label_classification"
    )
    classifier.config.problem_type = kind
    return classifier


def load_with_head(head: Any, model: str | Path, labels: Sequence[str]) -> PreTrainedModel:
    """Return a model of a class such as ``AutoModelForTokenClassification``, with one output a label."""
    saved: PreTrainedModel
    saved, about = load_pretrained(head, model, output_loading_info=True, **SAFE)
    theirs = [saved.config.id2label[index] for index in sorted(saved.config.id2label)]
    if set(theirs) == set(labels):
        _reorder_head(saved, [theirs.index(label) for label in labels])
    else:
        if _has_trained_head(saved, about["missing_keys"]):
            _tell_of_dropped(str(model), tuple(theirs), tuple(labels))
        fresh = {"num_labels": len(labels), "ignore_mismatched_sizes": True}
        saved = load_pretrained(head, model, **fresh, **SAFE)
        _new_head(saved)
    saved.config.id2label = dict(enumerate(labels))
    saved.config.label2id = {label: index for index, label in enumerate(labels)}
    with suppress(MissingResourceError):  # weights may lie without a tokenizer
        saved.config.pad_token_id = load_tokenizer(model).pad_token_id
    return saved


def pooled(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """Return the mean of the token states that are not padding: ``[B, T, H]`` and ``[B, T]`` to ``[B, H]``."""
    mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * mask).sum(1) / mask.sum(1).clamp_min(1)


def predict(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int,
    batch_size: int,
    description: str = "predicting",
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return logits ``[N, C]`` and pooled last hidden states ``[N, H]`` of texts, in their order.

    Texts of like length share a batch, so that little of it is padding.
    """
    model.eval()
    orders = [sorted(places, key=lambda index: (len(texts[index]), index)) for places in alike(texts)]
    logits = np.zeros((len(texts), model.config.num_labels), dtype=np.float32)
    hidden = np.zeros((len(texts), model.config.hidden_size), dtype=np.float32)
    batches = [order[begin : begin + batch_size] for order in orders for begin in range(0, len(order), batch_size)]
    with torch.no_grad():
        for batch in track(batches, description):
            some = [texts[index] for index in batch]
            inputs = encode(tokenizer, some, max_length, padding=True, return_tensors="pt").to(model.device)
            output = model(**inputs, output_hidden_states=True)
            logits[batch] = output.logits.float().cpu().numpy()
            hidden[batch] = pooled(output.hidden_states[-1], inputs["attention_mask"]).float().cpu().numpy()
    return logits, hidden


def best_device() -> torch.device:
    """Return the device that predictions are made on: a GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _has_trained_head(model: PreTrainedModel, missing: Collection[str]) -> bool:
    """Say whether some of the head, which is all but the base model, was read from the file and not drawn."""
    base = f"{model.base_model_prefix}."
    return any(not name.startswith(base) and name not in missing for name, _ in model.named_parameters())


@cache
def _tell_of_dropped(model: str, theirs: tuple[str, ...], ours: tuple[str, ...]) -> None:
    """Warn once a process: a run loads the same model for each of its students."""
    logger.warning(
        "The head that %s was saved with is dropped and a new one drawn, because its labels are %s and the task's %s; "
        "a head is kept where the names are the same, in any order.",
        model,
        list(theirs),
        list(ours),
    )


def _new_head(model: PreTrainedModel) -> None:
    """Draw the head anew: one that was trained for other labels, however many, knows nothing of these."""
    spread = getattr(model.config, "initializer_range", 0.02)
    for child in model.children():
        if child is not model.base_model:
            for layer in child.modules():
                if isinstance(layer, torch.nn.Linear):
                    torch.nn.init.normal_(layer.weight, std=spread)
                    if layer.bias is not None:
                        torch.nn.init.zeros_(layer.bias)


def _reorder_head(model: PreTrainedModel, order: list[int]) -> None:
    if order == list(range(len(order))):
        return
    heads = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)]
    head = [layer for layer in heads if layer.out_features == len(order)][-1]
    with torch.no_grad():
        head.weight.copy_(head.weight[order].clone())
        if head.bias is not None:
            head.bias.copy_(head.bias[order].clone())
