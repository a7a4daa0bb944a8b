"""From what a label cell holds to the label names of the task."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from cdkd_kg.config import DomainConfig, TaskConfig
from cdkd_kg.corpus.rows import Fault
from cdkd_kg.errors import nearest

SEPARATOR = "|"
EVERY_OTHER = "*"


class LabelError(Exception):
    """A label that cannot be used; ``fault`` says why, ``unknown`` lists names the task does not have."""

    def __init__(self, rule: str, reason: str, unknown: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.fault, self.unknown = Fault(rule, reason), unknown


def task_labels(value: Any, task: TaskConfig, domain: DomainConfig) -> tuple[str, ...] | None:
    """Return the sorted task labels of a cell; None where the row is unlabelled.

    None is unlabelled. A string is a label, also "NaN" and "null"; in a multi-label task it may hold
    several, separated by ``|``, unless the whole of it is a known label. An empty list says, in a
    multi-label task, that no label applies.

    Raises:
        LabelError: NaN, a label the task does not know, one that the configuration leaves out, several
            labels for a task that takes one, or a value that is no label.
    """
    names = label_names(value)
    if names is None or (not names and not task.multi_label):
        return None
    if task.multi_label and isinstance(value, str) and value not in {*task.labels, *domain.labels}:
        names = [part.strip() for part in value.split(SEPARATOR)]
    mapped = [_mapped(name, task, domain) for name in names]
    unknown = tuple(name for name, ours in zip(names, mapped, strict=True) if ours is None)
    if unknown:
        told = ", ".join(f"{name!r}{nearest(name, known_names(task, domain))}" for name in unknown)
        raise LabelError("unknown-label", f"the task has no label {told}", unknown)
    kept = sorted({ours for ours in mapped if ours})
    if names and not kept:
        raise LabelError("left-out", f"the configuration leaves out label {', '.join(map(repr, names))}")
    if len(kept) > 1 and not task.multi_label:
        raise LabelError("several-labels", f"the task takes one label, the row has {', '.join(map(repr, kept))}")
    return tuple(kept)


def label_names(value: Any) -> list[str] | None:
    """Return the names in a label cell as they are written there; None where it holds nothing.

    Raises:
        LabelError: NaN, or a value that is no label.
    """
    if value is None:
        return None
    return [_name(part) for part in value] if isinstance(value, list | tuple) else [_name(value)]


def known_names(task: TaskConfig, domain: DomainConfig) -> set[str]:
    """Return the label names that a row of this domain may carry."""
    return ({*task.labels} | domain.labels.keys()) - {EVERY_OTHER}


def _mapped(name: str, task: TaskConfig, domain: DomainConfig) -> str | None:
    """The label of the task, "" where it is left out on purpose, None where it is unknown."""
    if name in domain.labels:
        return domain.labels[name] or ""
    if name in task.labels:
        return name
    return (domain.labels[EVERY_OTHER] or "") if EVERY_OTHER in domain.labels else None


def _name(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return value.strip()
        case int():
            return str(value)
        case float() if math.isnan(value):
            raise LabelError("nan-label", "the label is NaN, a number that is none; write null for unlabelled")
        case float():
            return str(int(value)) if value.is_integer() else str(value)
    raise LabelError("broken-label", f"the label is of kind {type(value).__name__}, not a string")


def tally(names: Iterable[str], known: Iterable[str], most: int = 8) -> str:
    """Return label names with how often each occurs and the nearest known one, the most frequent first."""
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    known = sorted(known)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = [f"{name!r} ({count} rows{nearest(name, known)})" for name, count in ranked[:most]]
    return ", ".join(told) + (f" and {len(ranked) - most} more" if len(ranked) > most else "")
