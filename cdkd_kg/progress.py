"""Progress bars for long work: drawn on a terminal, silent elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from cdkd_kg.processes import is_first

T = TypeVar("T")


def is_terminal() -> bool:
    """Say whether somebody is looking: progress is written to standard error, by the first process alone."""
    return is_first() and sys.stderr.isatty()


def track(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Yield ``items``, showing a bar with the time left when standard error is a terminal.

    Args:
        items: what to go through.
        description: what is being done, a few words.
        total: how many there are, where ``items`` has no length.
    """
    if not is_terminal():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track as rich_track

    yield from rich_track(items, description, total=total, console=Console(stderr=True), transient=True)
