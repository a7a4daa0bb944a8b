"""One reading of a text: of spans that overlap, the strongest stays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Found(NamedTuple):
    """A span of tokens ``[start, end)`` that may be a mention; a lower ``rank`` is stronger."""

    rank: int
    start: int
    end: int
    label: str


def without_overlaps(found: Iterable[Found]) -> list[Found]:
    """Return spans of which no two share a token, in the order of the text.

    The stronger rank stays, then the longer, then the earlier; equal spans are decided by their label.
    """
    kept: list[Found] = []
    taken: set[int] = set()
    for span in sorted(found, key=lambda span: (span.rank, span.start - span.end, span.start, span.label)):
        tokens = range(span.start, span.end)
        if tokens and taken.isdisjoint(tokens):
            taken.update(tokens)
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)
