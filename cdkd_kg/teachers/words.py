"""Models that label every word of a text, whatever tokens their tokenizers cut the words into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForTokenClassification, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from cdkd_kg.errors import ConfigError
from cdkd_kg.progress import track
from cdkd_kg.teachers.models import load_tokenizer, load_with_head
from cdkd_kg.teachers.pretrained import load_pretrained

Words = Sequence[Sequence[str]]
"""Texts, each as its words."""


class WordAnswers(NamedTuple):
    """What a model says of W words, text by text.

    Attributes:
        logits: ``[W, C]``.
        hidden: ``[W, H]``, the last hidden state of the first token of each.
        read: ``[W]`` bool; a word that was cut off with its text was not read, and its answer is 0.
    """

    logits: NDArray[np.float32]
    hidden: NDArray[np.float32]
    read: NDArray[np.bool_]


def load_tagger(model: str | Path, labels: Sequence[str]) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return a model with one output a label for every token, and its tokenizer, told that it is given words.

    Labels are matched by name, as for :func:`~cdkd_kg.teachers.models.load_classifier`.

    Raises:
        MissingResourceError: the model is not here and cannot be fetched.
        ConfigError: the tokenizer cannot tell which token is of which word.
    """
    tagger, tokenizer = load_with_head(AutoModelForTokenClassification, model, labels), load_tokenizer(model)
    if hasattr(tokenizer, "add_prefix_space"):  # byte-level tokenizers take a space to begin a word
        tokenizer = load_pretrained(AutoTokenizer, model, add_prefix_space=True, pad_token=tokenizer.pad_token)
    if not tokenizer.is_fast:
        raise ConfigError(
            f"{type(tokenizer).__name__} cannot tell which token is of which word",
            where=str(model),
            remedy="take a model with a fast tokenizer",
        )
    return tagger, tokenizer


def word_tokens(
    tokenizer: PreTrainedTokenizerBase, texts: Words, max_length: int
) -> tuple[dict[str, list[list[int]]], list[list[int]]]:
    """Return the model inputs of each text, and the place of the first token of each word that is not cut off.

    Words that leave no token, such as white space, have none, so a place is -1 there.
    """
    encoded = tokenizer(
        [list(words) for words in texts], is_split_into_words=True, truncation=True, max_length=max_length
    )
    places = []
    for number, words in enumerate(texts):
        first: dict[int, int] = {}
        for place, word in enumerate(encoded.word_ids(number)):
            if word is not None:
                first.setdefault(word, place)
        places.append([first.get(word, -1) for word in range(len(words))])
    return dict(encoded), places


def predict_words(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Words,
    max_length: int,
    batch_size: int,
    description: str = "labelling words",
) -> WordAnswers:
    """Return what a model says of every word of every text, in their order."""
    model.eval()
    inputs, places = word_tokens(tokenizer, texts, max_length)
    begins = np.cumsum([0, *map(len, texts)])
    logits = np.zeros((begins[-1], model.config.num_labels), dtype=np.float32)
    hidden = np.zeros((begins[-1], model.config.hidden_size), dtype=np.float32)
    read = np.array([place >= 0 for one in places for place in one], dtype=bool)
    order = sorted(range(len(texts)), key=lambda number: (len(inputs["input_ids"][number]), number))
    with torch.no_grad():
        for begin in track(range(0, len(order), batch_size), description):
            some = order[begin : begin + batch_size]
            rows = [{name: column[number] for name, column in inputs.items()} for number in some]
            padded = tokenizer.pad(rows, return_tensors="pt").to(model.device)
            output = model(**padded, output_hidden_states=True)
            for row, number in enumerate(some):
                shift = padded["input_ids"].shape[1] - len(inputs["input_ids"][number])
                found = [
                    (begins[number] + word, place + shift * (tokenizer.padding_side == "left"))
                    for word, place in enumerate(places[number])
                    if place >= 0
                ]
                words, tokens = [word for word, _ in found], [token for _, token in found]
                logits[words] = output.logits[row, tokens].float().cpu().numpy()
                hidden[words] = output.hidden_states[-1][row, tokens].float().cpu().numpy()
    return WordAnswers(logits, hidden, read)
