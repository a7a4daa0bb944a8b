"""Abbreviations that a text explains itself: "magnetic resonance imaging (MRI)"."""

from __future__ import annotations

import re

LONGEST = 10
_WORD = r"([^\W_][\w.&/-]{1,9})"
_SHORT = re.compile(rf"\({_WORD}\s*(?:[;,][^()]*)?\)")
_LONG = re.compile(rf"(?<![\w.&/-]){_WORD}\s+\(([^();,]{{3,200}})(?:[;,][^()]*)?\)")


def abbreviations(text: str) -> dict[str, str]:
    """Return short form -> long form of every abbreviation that ``text`` explains in brackets, in either order.

    Each letter of the short form must be found, from the last to the first, in the long one, the first one at the
    beginning of a word. Of the words before a bracket at most ``min(n + 5, 2 n)`` are looked at for n characters; a
    long form in brackets has no more words, and begins with the first letter; what is in front of it has two
    capitals. In brackets what comes after a comma or a semicolon does not count. The first explanation of a short
    form counts, and one after its long form before one in front of it.

    Source: Schwartz and Hearst, A simple algorithm for identifying abbreviation definitions in biomedical text,
    PSB 2003.

    Example:
        >>> abbreviations("patients with type 1 diabetes (T1D; see below), and HSP (heat shock protein)")
        {'T1D': 'type 1 diabetes', 'HSP': 'heat shock protein'}
    """
    found: dict[str, str] = {}
    if "(" not in text:
        return found
    for bracket in _SHORT.finditer(text):
        if long := _before(bracket[1], text[: bracket.start()]):
            found.setdefault(bracket[1], long)
    for both in _LONG.finditer(text):
        if long := _inside(both[1], both[2].strip()):
            found.setdefault(both[1], long)
    return found


def _before(short: str, before: str) -> str | None:
    if not _is_short(short):
        return None
    before = before[-40 * len(short) :].rstrip()
    words = [word.start() for word in re.finditer(r"\S+", before)]
    window = before[words[-min(len(words), _most_words(short))] :] if words else ""
    long = _long_form(short, window)
    return long if long and len(long) > len(short) else None


def _inside(short: str, long: str) -> str | None:
    fits = len(long) > len(short) and 2 <= len(long.split()) <= _most_words(short)
    return (
        long
        if fits
        and sum(map(str.isupper, short)) > 1
        and long[0].casefold() == short[0].casefold()
        and _long_form(short, long)
        else None
    )


def _is_short(text: str) -> bool:
    return len(text) <= LONGEST and any(letter.isupper() for letter in text)


def _most_words(short: str) -> int:
    return min(len(short) + 5, 2 * len(short))


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
