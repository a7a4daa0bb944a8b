"""From texts to tokens: a text of two parts is given to the tokenizer as the pair that it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from transformers import BatchEncoding, PreTrainedTokenizerBase

from cdkd_kg.corpus.pairs import is_pair, parts


def encode(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_length: int, **options: Any) -> BatchEncoding:
    """Return the tokens of texts that all have as many parts; the longer part is cut off first.

    Args:
        tokenizer: of the model that reads them.
        texts: at least one, see :func:`alike`.
        max_length: of both parts together, in tokens.
        **options: further ones of the tokenizer.
    """
    first, second = zip(*map(parts, texts), strict=True)
    both = [list(first), list(second)] if is_pair(texts[0]) else [list(first)]
    return tokenizer(*both, truncation=True, max_length=max_length, **options)


def alike(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield the places of texts of one part, and of those of two; nothing where there are none."""
    for kind in (False, True):
        if places := [place for place, text in enumerate(texts) if is_pair(text) == kind]:
            yield places
