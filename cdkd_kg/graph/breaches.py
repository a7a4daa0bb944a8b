"""What breaks the rules of a graph, kept in its folder for those who decide on it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cdkd_kg.artifacts import read_json, write_json

BREACHES = "breaches.json"


class Breach(NamedTuple):
    """One rule that one node breaks."""

    severity: str
    node: str
    path: str
    value: str
    message: str


def keep_breaches(folder: Path, breaches: Iterable[Breach]) -> None:
    """Write what breaks the rules into a graph folder, in place of what did before."""
    write_json(folder / BREACHES, [breach._asdict() for breach in breaches])


def kept_breaches(folder: Path) -> list[Breach]:
    """Return what broke the rules; nothing where nobody asked yet."""
    path = folder / BREACHES
    return [Breach(**one) for one in read_json(path)] if path.is_file() else []
