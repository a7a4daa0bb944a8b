"""Labels of a table that are labels to the letter, but look like something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cdkd_kg.corpus.check import Problem
from cdkd_kg.corpus.labels import SEPARATOR

MISSING = frozenset({"nan", "na", "n/a", "null", "<na>"})


def label_hints(labels: Iterable[str], file: str) -> list[Problem]:
    """Return a warning each for labels that look missing, that are on one row alone, and that look like several.

    Args:
        labels: the label of every row that has one.
        file: where they are.
    """
    counts = Counter(labels)
    missing = [label for label in sorted(counts) if label.casefold() in MISSING]
    joined = [label for label in sorted(counts) if SEPARATOR in label]
    lonely = [label for label in sorted(counts) if counts[label] == 1 and label not in joined]
    hints = {
        "label-looks-missing": (missing, "look like missing values, but count as labels; leave the cell empty instead"),
        "label-on-one-row": (lonely, "stand on one row each: a slip? A class needs rows to learn from and to measure"),
        "label-looks-like-several": (
            joined,
            f"hold {SEPARATOR!r} and count as one label each; in a configuration, a task with `multi_label: true` "
            "splits them",
        ),
    }
    return [
        Problem("warning", rule, "", file, "", "", f"labels {_named(found)} {told}")
        for rule, (found, told) in hints.items()
        if found
    ]


def _named(labels: list[str], most: int = 5) -> str:
    named = ", ".join(map(repr, labels[:most]))
    return named + (f" and {len(labels) - most} more" if len(labels) > most else "")
