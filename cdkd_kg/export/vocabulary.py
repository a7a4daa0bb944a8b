"""Fewer words: most of a small student is its word embeddings, and most words never occur in its domains."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from cdkd_kg.errors import ConfigError

KINDS = ("WordPiece", "WordLevel")
"""Models of tokenizers that stay what they are when tokens are taken out of them."""


def prune(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, counts: Sequence[int], at_least: int = 1
) -> PreTrainedTokenizerBase:
    """Take the tokens out of a model, in place, that occur less often than ``at_least``, and return its tokenizer.

    Special tokens stay, and those of one character: a word of a pruned token is then read in shorter pieces, so that no
    text becomes unknown that was known before.

    Args:
        model: whose word embeddings are pruned.
        tokenizer: of the model; it stays as it is.
        counts: how often each token occurs in training texts, by id.
        at_least: 1 takes out only what never occurs.

    Raises:
        ConfigError: the tokenizer is of a kind whose tokens rest on each other, such as BPE.
    """
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    if backend["model"]["type"] not in KINDS:
        raise ConfigError(
            f"a vocabulary of the kind {backend['model']['type']} cannot be pruned",
            where="--prune-vocabulary",
            why="its tokens are built from each other",
            remedy=f"leave it out; those of {' and '.join(KINDS)} can be pruned",
        )
    kept = _kept(backend, counts, at_least)
    place = {old: new for new, old in enumerate(kept)}
    smaller = type(tokenizer)(
        tokenizer_object=Tokenizer.from_str(json.dumps(_renumbered(backend, place))), **_named(tokenizer)
    )
    _cut(model, kept)
    model.config.vocab_size = len(kept)
    for name, old in model.config.to_dict().items():
        if name.endswith("_token_id") and isinstance(old, int) and old in place:
            setattr(model.config, name, place[old])
    return smaller


def _kept(backend: Mapping[str, Any], counts: Sequence[int], at_least: int) -> list[int]:
    """Return the ids of the tokens that stay, in their order."""
    prefix = str(backend["model"].get("continuing_subword_prefix", ""))
    special = {one["id"] for one in backend["added_tokens"]} | {
        backend["model"]["vocab"].get(backend["model"]["unk_token"])
    }
    return sorted(
        number
        for token, number in backend["model"]["vocab"].items()
        if number in special or counts[number] >= at_least or len(token.removeprefix(prefix)) == 1
    )


def _renumbered(value: Any, place: Mapping[int, int]) -> Any:
    """Return the description of a tokenizer with other ids: in its vocabulary, and of special tokens."""
    value = json.loads(json.dumps(value))
    vocabulary = value["model"]["vocab"]
    value["model"]["vocab"] = {token: place[old] for token, old in vocabulary.items() if old in place}
    for one in value["added_tokens"]:
        one["id"] = place[one["id"]]
    post = value.get("post_processor") or {}
    for one in post.get("special_tokens", {}).values():
        one["ids"] = [place[old] for old in one["ids"]]
    for name in ("sep", "cls"):
        if name in post:
            post[name] = [post[name][0], place[post[name][1]]]
    if value.get("padding"):
        value["padding"]["pad_id"] = place[value["padding"]["pad_id"]]
    return value


def _named(tokenizer: PreTrainedTokenizerBase) -> dict[str, Any]:
    names = {name: str(token) for name, token in tokenizer.special_tokens_map.items() if isinstance(token, str)}
    return names | {"model_max_length": tokenizer.model_max_length}


def _cut(model: PreTrainedModel, kept: Sequence[int]) -> None:
    old = model.get_input_embeddings()
    new = nn.Embedding(len(kept), old.embedding_dim, dtype=old.weight.dtype)
    with torch.no_grad():
        new.weight.copy_(old.weight[list(kept)])
    model.set_input_embeddings(new)
