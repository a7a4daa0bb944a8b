"""A text of two parts, such as a premise and a hypothesis: one string with the unit separator between them."""

from __future__ import annotations

PAIR = "\x1f"
"""What ASCII means to stand between units; the check lets it into no text, so that it is never met by chance."""


def joined(text: str, pair: str) -> str:
    """Return both parts as one text."""
    return f"{text}{PAIR}{pair}"


def parts(text: str) -> tuple[str, str | None]:
    """Return a text, and its second part where it has one.

    Example:
        >>> parts(joined("It rains.", "The street is wet."))
        ('It rains.', 'The street is wet.')
        >>> parts("It rains.")
        ('It rains.', None)
    """
    first, mark, second = text.partition(PAIR)
    return first, second if mark else None


def is_pair(text: str) -> bool:
    """Say whether a text has two parts."""
    return PAIR in text
