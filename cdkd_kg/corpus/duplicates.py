"""Rows that say the same thing twice: ids inside a domain, texts inside a domain, texts across splits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from cdkd_kg.corpus.check import SetAside
from cdkd_kg.corpus.rows import Row

CLEAN_FIRST = ("test", "validation", "train", None)
"""A text in several splits stays in the first of these: a score must not be helped by what was learned."""
Sieved = tuple[list[Row], list[SetAside]]


def without_duplicate_ids(rows: Iterable[Row]) -> Sieved:
    """Set aside each row whose own id an earlier row of the domain has."""
    first: dict[str, Row] = {}
    kept, aside = [], []
    for row in rows:
        known = first.setdefault(row.id, row) if row.given_id else row
        if known is row:
            kept.append(row)
        else:
            aside.append(SetAside.of(row, "duplicate-id", f"{known.place} has the same id"))
    return kept, aside


def without_duplicate_texts(rows: Iterable[Row]) -> Sieved:
    """Keep one row of a domain for each text.

    Of copies in several given splits the one in test stays, else the one in validation. Of copies in one
    split with the same label the one with the smallest id stays, so that the order of rows does not
    matter; copies with different labels are all set aside, as none can be trusted.
    """
    kept, aside = [], []
    for copies in _by_text(rows):
        best = min(copies, key=_rank)
        inside = [row for row in copies if row.split == best.split]
        aside += [_leak(row, best) for row in copies if row.split != best.split]
        if len({row.labels for row in inside if row.labels is not None}) > 1:
            aside += [_conflict(row, inside) for row in inside]
            continue
        kept.append(best)
        aside += [
            SetAside.of(row, "duplicate-text", f"{best.place} has the same text") for row in inside if row is not best
        ]
    return sorted(kept, key=lambda row: row.order), aside


def without_leaks(rows: Iterable[Row]) -> Sieved:
    """Set aside rows of train and validation whose text another domain has in a split to be kept clean."""
    kept, aside = [], []
    for copies in _by_text(rows):
        best = min(copies, key=_rank)
        for row in copies:
            if row.split == best.split:
                kept.append(row)
            else:
                aside.append(_leak(row, best))
    return kept, aside


def _by_text(rows: Iterable[Row]) -> list[list[Row]]:
    groups: dict[bytes, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.key].append(row)
    return list(groups.values())


def _rank(row: Row) -> tuple[int, bool, str, str, int]:
    return CLEAN_FIRST.index(row.split), row.labels is None, row.id, row.group or "", row.order


def _leak(row: Row, best: Row) -> SetAside:
    if row.split is None and best.split == "train":
        return SetAside.of(row, "duplicate-text", f"{best.place} has the same text")
    reason = f"the same text is in {best.split} of domain {best.domain!r}, {best.place}"
    return SetAside.of(row, "text-in-two-splits", reason)


def _conflict(row: Row, copies: list[Row]) -> SetAside:
    other = next(copy for copy in copies if copy.labels not in (None, row.labels))
    reason = f"the same text has label {_told(row)} here and {_told(other)} at {other.place}"
    return SetAside.of(row, "conflicting-labels", reason)


def _told(row: Row) -> str:
    return "none" if row.labels is None else " and ".join(map(repr, row.labels)) or "none of all"
