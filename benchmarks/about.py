"""What every benchmark file says of itself."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cdkd_kg.pipeline.provenance import code_commit, provenance


def about(*libraries: str) -> dict[str, Any]:
    """Return the command line that runs, when, at which commit, on what machine, with which versions."""
    command = ["python", "-m", f"benchmarks.{Path(sys.argv[0]).stem}", *without_output(sys.argv[1:])]
    return provenance(command, libraries, "cpu") | {"git": code_commit()}


def without_output(words: Sequence[str]) -> list[str]:
    """Return the words of a command without those that are paths of one machine.

    They are ``--json FILE``, ``--peer PYTHON``, ``--peers FOLDER`` and ``--run FOLDER``.
    """
    names = ("--json", "--peer", "--peers", "--run")
    places = [place for place, word in enumerate(words) if word in names]
    dropped = {*places, *(place + 1 for place in places)}
    named = tuple(f"{name}=" for name in names)
    return [word for place, word in enumerate(words) if place not in dropped and not word.startswith(named)]
