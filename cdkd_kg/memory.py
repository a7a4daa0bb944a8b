"""How much memory this process holds at most, while something is done."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import psutil

EVERY = 0.05
"""Seconds between two looks."""


class Peak:
    """Looks at the resident memory of this process, twenty times a second, until its block ends.

    Python and its libraries keep much of what they no longer need, so a peak holds what was there before.

    Attributes:
        bytes: the most that was seen.

    Example:
        >>> with Peak() as peak:
        ...     pass
        >>> peak.bytes > 0
        True
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._process, self._over = psutil.Process(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._over.wait(EVERY):
            self._look()

    def _look(self) -> None:
        self.bytes = max(self.bytes, int(self._process.memory_info().rss))
