"""Names as words: what is left of a name when case, accents, points and possessives are taken off."""

from __future__ import annotations

import re
import unicodedata

LONGEST_ACRONYM = 6
PARTICLES = frozenset({"a", "an", "and", "at", "by", "de", "du", "for", "in", "la", "of", "on", "the", "to", "von"})
"""Words of a name that tell nothing by themselves and have no letter in its acronym."""
_POSSESSIVE = re.compile(r"['\u2019]s?(?!\w)")
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Return ``text`` casefolded, its runs of white space as one space.

    Example:
        >>> fold("Lung\\n Cancer")
        'lung cancer'
    """
    return " ".join(text.casefold().split())


def is_acronym(text: str) -> bool:
    """Say whether ``text`` is one short word in capitals: folded, it would be another word."""
    return len(text) <= LONGEST_ACRONYM and text.isupper() and text.isalnum()


def name_words(text: str) -> tuple[str, ...]:
    """Return the words of a name, casefolded, without accents, points and possessives.

    Example:
        >>> name_words("The U.S. Children's Bureau"), name_words("Chungnám-do")
        (('the', 'us', 'children', 'bureau'), ('chungnam', 'do'))
    """
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return tuple(_WORD.findall(_POSSESSIVE.sub("", text.casefold()).replace(".", "")))


def content_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a name without its particles; all of them where it has no others."""
    return tuple(word for word in words if word not in PARTICLES) or words


def initials(words: tuple[str, ...]) -> str:
    """Return the first letters of the content words of a name.

    Example:
        >>> initials(name_words("Food and Agriculture Organization"))
        'fao'
    """
    return "".join(word[0] for word in content_words(words))
