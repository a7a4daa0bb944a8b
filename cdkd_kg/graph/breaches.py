"""What breaks the rules of a graph, kept in its folder for those who decide on it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cdkd_kg.artifacts import canonical_json, read_json, sha256_text, write_json

BREACHES = "breaches.json"


class Breach(NamedTuple):
    """One rule that one node breaks."""

    severity: str
    node: str
    path: str
    value: str
    message: str


class Breaches(NamedTuple):
    """What broke the rules when somebody asked.

    Attributes:
        found: the breaches.
        decisions: ids of the decisions that were known then.
    """

    found: tuple[Breach, ...] = ()
    decisions: frozenset[str] = frozenset()


def keep_breaches(folder: Path, found: Iterable[Breach], decisions: Iterable[str]) -> None:
    """Write what breaks the rules into a graph folder, in place of what did before."""
    said = {"found": [breach._asdict() for breach in found], "decisions": sorted(decisions)}
    write_json(folder / BREACHES, said)


def kept_breaches(folder: Path) -> Breaches:
    """Return what broke the rules; nothing where nobody asked yet."""
    path = folder / BREACHES
    if not path.is_file():
        return Breaches()
    said = read_json(path)
    return Breaches(tuple(Breach(**one) for one in said["found"]), frozenset(said["decisions"]))


def breach_iri(node: str, message: str) -> str:
    """Return the IRI of "this node breaks this rule", for decisions about that alone."""
    return "urn:cdkd:breach:" + sha256_text(canonical_json([node, message]))[:32]
