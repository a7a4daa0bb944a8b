"""Where a text speaks of something: the words around a mention."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

AROUND, LEAST = 240, 40
"""Characters on each side, at most and, where there are as many, at least; words are not cut."""
_END = re.compile(r"[.!?][\"')\]]*\s+")


class Context(NamedTuple):
    """A mention in its sentence, with a piece of the next ones where that is short.

    ``before`` and ``after`` begin or end with an ellipsis where a sentence is longer.
    """

    document: str
    before: str
    anchor: str
    after: str


def contexts(places: Iterable[tuple[str, int, int]], texts: Mapping[str, str]) -> list[Context]:
    """Return the words around some places; those in texts that are not there are left out.

    Example:
        >>> contexts([("d/1", 4, 7)], {"d/1": "The cat sat."})
        [Context(document='d/1', before='The ', anchor='cat', after=' sat.')]
    """
    return [_context(name, texts[name], begin, end) for name, begin, end in places if name in texts]


def _context(document: str, text: str, begin: int, end: int) -> Context:
    before, after = text[max(0, begin - AROUND) : begin], text[end : end + AROUND]
    starts = [found.end() for found in _END.finditer(before) if len(before) - found.end() >= LEAST]
    stops = [found.end() for found in _END.finditer(after) if found.end() >= LEAST]
    if starts:
        before = before[starts[-1] :]
    elif begin > AROUND:
        before = "… " + before.partition(" ")[2]
    if stops:
        after = after[: stops[0]].rstrip()
    elif end + AROUND < len(text):
        after = after.rpartition(" ")[0] + " …"
    return Context(document, _plain(before), _plain(text[begin:end]), _plain(after))


def _plain(text: str) -> str:
    """Return text on one line."""
    return "".join(" " if character.isspace() else character for character in text)
