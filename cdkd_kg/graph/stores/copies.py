"""A copy of an Oxigraph folder, made of hard links while nobody writes."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

_TABLE, _AHEAD = re.compile(r"\d+\.sst"), re.compile(r"\d+\.log")


@contextmanager
def unwritten(store: Path, seconds: float) -> Iterator[bool]:
    """Keep writers out of the folder of a store, and say whether that went within so many seconds."""
    with ExitStack() as stack:
        lock = _lock(store)
        yield lock is None or _shared(stack.enter_context(lock), seconds)


def _lock(store: Path) -> IO[bytes] | None:
    """Open the file that RocksDB locks while it writes; a copy that was never opened for writing has none."""
    try:
        return (store / "LOCK").open("rb")
    except FileNotFoundError:
        return None


def _shared(lock: IO[bytes], seconds: float) -> bool:
    """Say whether the lock could be shared: no writer has it, and none gets it until the file is closed."""
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.lockf(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.05)


def linked(folder: Path, aside: Path) -> bool:
    """Make ``aside`` a copy of the folder of a store, and say whether that went: not every disk has hard links.

    ``Store.backup`` will not do: of a store that is open for reading it leaves out what only the log holds.
    """
    try:
        aside.mkdir()
        for file in folder.iterdir():
            if _TABLE.fullmatch(file.name):  # RocksDB never changes one
                os.link(file, aside / file.name)
            elif file.name.startswith(("CURRENT", "MANIFEST-", "OPTIONS-")) or _AHEAD.fullmatch(file.name):
                shutil.copyfile(file, aside / file.name)
    except OSError:
        return False
    return True
