"""The mentions of a batch: which tokens of the student they cover, and what the graph makes of their entities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from transformers import BatchEncoding, PreTrainedTokenizerBase

from cdkd_kg.corpus.pairs import parts
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.encoding import alike, encode
from cdkd_kg.teachers.entity_signal import EntitySignal

Covered = list[list[int]]
"""First token, last token and entity of each mention of a text."""


def covered_tokens(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int,
    signal: EntitySignal,
    signal_rows: Sequence[int],
) -> list[Covered]:
    """Return for each text the tokens that its mentions cover; what is cut off with the text is left out.

    Raises:
        ConfigError: the tokenizer cannot tell where its tokens stand in a text.
    """
    if not tokenizer.is_fast:
        raise ConfigError(
            f"{type(tokenizer).__name__} cannot tell where its tokens stand in a text",
            where="distillation.losses.entity_alignment",
            remedy="take a model with a fast tokenizer, or leave this loss at 0",
        )
    found: list[Covered] = [[] for _ in texts]
    for places in alike(texts):
        encoded = encode(tokenizer, [texts[place] for place in places], max_length)
        for number, place in enumerate(places):
            second = len(parts(texts[place])[0]) + 1  # where the other text of a pair begins
            for begin, end, entity in signal.of_document(int(signal_rows[place])):
                first, last = (_token(encoded, number, char, second) for char in (begin, end - 1))
                if first is not None and last is not None:
                    found[place].append([first, last, entity])
    return found


def _token(encoded: BatchEncoding, number: int, char: int, second: int) -> int | None:
    """Return the token of a character; characters of a pair are counted over both texts."""
    if char < second:
        return encoded.char_to_token(number, char)  # type: ignore[no-any-return]
    return encoded.char_to_token(number, char - second, 1)  # type: ignore[no-any-return]


def linked_mentions(
    covered: Sequence[Covered], lengths: Sequence[int], width: int, side: str, signal: EntitySignal
) -> dict[str, Tensor]:
    """Return ``rows`` ``[M]``, ``tokens`` ``[M, T]`` and ``vectors`` ``[M, D]`` of the mentions of a batch.

    Args:
        covered: of each text, as :func:`covered_tokens` gives it.
        lengths: of each text, in tokens.
        width: T, to which the batch is padded.
        side: where the padding is, ``left`` or ``right``.
        signal: the entities' vectors.
    """
    flat = [(row, *one) for row, mine in enumerate(covered) for one in mine]
    rows, first, last, entity = (np.array([one[part] for one in flat], dtype=np.int64) for part in range(4))
    shift = (width - np.asarray(lengths, dtype=np.int64)[rows]) if side == "left" else np.zeros_like(rows)
    places = np.arange(width)[None]
    tokens = (places >= (first + shift)[:, None]) & (places <= (last + shift)[:, None])
    return {
        "rows": torch.from_numpy(rows),
        "tokens": torch.from_numpy(tokens.astype(np.float32)),
        "vectors": torch.from_numpy(signal.vectors[entity].astype(np.float32)),
    }
