"""Abbreviations that a text explains itself: "magnetic resonance imaging (MRI)"."""

from __future__ import annotations

import re

LONGEST = 10
_SHORT = re.compile(r"\(([^\W_][\w.&/-]{1,9})\)")


def abbreviations(text: str) -> dict[str, str]:
    """Return short form -> long form of every abbreviation that ``text`` explains in brackets.

    Each letter of the short form must be found, from the last to the first, in the words before the bracket,
    the first one at the beginning of a word. At most ``min(n + 5, 2 n)`` words are looked at for n characters.
    The first explanation of a short form counts.

    Source: Schwartz and Hearst, A simple algorithm for identifying abbreviation definitions in biomedical text,
    PSB 2003.

    Example:
        >>> abbreviations("patients with type 1 diabetes (T1D) and heat shock protein (HSP)")
        {'T1D': 'type 1 diabetes', 'HSP': 'heat shock protein'}
    """
    found: dict[str, str] = {}
    for bracket in _SHORT.finditer(text):
        short = bracket[1]
        if len(short) > LONGEST or not any(letter.isupper() for letter in short):
            continue
        before = text[max(0, bracket.start() - 40 * len(short)) : bracket.start()].rstrip()
        words = [word.start() for word in re.finditer(r"\S+", before)]
        window = before[words[-min(len(words), len(short) + 5, 2 * len(short))] :] if words else ""
        long = _long_form(short, window)
        if long and len(long) > len(short):
            found.setdefault(short, long)
    return found


def _long_form(short: str, words: str) -> str | None:
    place = len(words)
    for index in range(len(short) - 1, -1, -1):
        letter = short[index].casefold()
        if not letter.isalnum():
            continue
        place -= 1
        while place >= 0 and not _stands_for(words, place, letter, first=index == 0):
            place -= 1
        if place < 0:
            return None
    return words[place:]


def _stands_for(words: str, place: int, letter: str, *, first: bool) -> bool:
    if words[place].casefold() != letter:
        return False
    return not first or place == 0 or not words[place - 1].isalnum()
