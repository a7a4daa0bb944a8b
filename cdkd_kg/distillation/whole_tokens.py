"""Tokens and mentions of the batch of all processes."""

from __future__ import annotations

from cdkd_kg.distillation.losses.batch import LinkedMentions, TokenStates
from cdkd_kg.processes import rank
from cdkd_kg.teachers.whole_batch import whole


def whole_tokens(tokens: TokenStates, rows: int) -> TokenStates:
    """Return the tokens of all processes' texts, of which this one gives its first ``rows``."""
    attention = None
    if tokens.attention is not None:
        queries, keys, values = tokens.attention
        attention = (whole(queries, rows), whole(keys, rows), whole(values, rows))
    layers = tuple(whole(layer, rows) for layer in tokens.layers)
    return TokenStates(whole(tokens.mask, rows), layers, attention, tokens.causal)


def whole_mentions(mentions: LinkedMentions, rows: int, size: int) -> LinkedMentions:
    """Return the mentions in all processes' texts, of which this one gives those of its first ``rows``.

    Args:
        mentions: in the batch of this process.
        rows: its own, as for :func:`~cdkd_kg.teachers.whole_batch.whole`.
        size: rows of a process in a full batch: all before this one have as many of their own.
    """
    own = mentions.rows < rows
    count = int(own.sum())
    return LinkedMentions(
        whole(mentions.rows[own] + rank() * size, count),
        whole(mentions.tokens[own], count),
        whole(mentions.vectors[own], count),
    )
