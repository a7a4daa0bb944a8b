"""Splits for rows that come without: drawn by label, whole groups together, independent of row order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cdkd_kg.config import SplitConfig
from cdkd_kg.corpus.draw import stratified_order
from cdkd_kg.corpus.rows import Row

FEWEST = 3
"""From so many labelled rows on, a drawn split gets one at least."""


def with_splits(rows: list[Row], config: SplitConfig) -> list[Row]:
    """Return the rows of one domain, each with a split; given splits stay.

    Test and validation are drawn, where the data give none, from the labelled rows that are in no other
    split: a row without a label can measure nothing. All the rest is train, and of every label one row
    (or group) always is.
    """
    given = {row.split for row in rows}
    pool = [row for row in rows if row.split in (None, "train")]
    labelled = sum(row.labels is not None for row in pool)
    urn, drawn = _Urn.fill(pool, config.seed), {}
    for split, share in (("test", config.test), ("validation", config.validation)):
        if split not in given and labelled >= FEWEST:
            drawn.update(dict.fromkeys(urn.take(max(1, round(share * labelled))), split))
    return [replace(row, split=drawn.get(_unit(row), "train")) if row.split in (None, "train") else row for row in rows]


def strata(rows: Iterable[Row]) -> list[str]:
    """Return a stratum for each row: its label; of several the rarest; "" where it has none."""
    rows = list(rows)
    counts = Counter(label for row in rows for label in row.labels or ())
    return [min(row.labels or ("",), key=lambda label: (counts[label], label)) for row in rows]


def _unit(row: Row) -> str:
    """What is drawn as one: a group, or a row. Ids hold no NUL, so the two never meet."""
    return row.id if row.group is None else f"group\0{row.group}"


@dataclass(slots=True)
class _Urn:
    """Units in the order of drawing, with their labelled rows and strata."""

    order: list[str]
    sizes: dict[str, int]
    stratum: dict[str, str]
    left: Counter[str]

    @classmethod
    def fill(cls, pool: list[Row], seed: int) -> _Urn:
        """Put the units that hold a labelled row into an urn; a group's stratum is its most frequent one."""
        members: dict[str, Counter[str]] = defaultdict(Counter)
        for row, stratum in zip(pool, strata(pool), strict=True):
            if row.labels is not None:
                members[_unit(row)][stratum] += 1
        of_unit = {unit: min(found, key=lambda name: (-found[name], name)) for unit, found in members.items()}
        sizes = {unit: found.total() for unit, found in members.items()}
        return cls(stratified_order(of_unit, seed), sizes, of_unit, Counter(of_unit.values()))

    def take(self, count: int) -> list[str]:
        """Draw units of ``count`` rows together, or the smallest one where all are larger."""
        taken = []
        for unit in self.order:
            if self.sizes[unit] <= count and self._pull(unit):
                count -= self.sizes[unit]
                taken.append(unit)
        if not taken:
            taken = next(([unit] for unit in sorted(self.order, key=self.sizes.__getitem__) if self._pull(unit)), [])
        gone = set(taken)
        self.order = [unit for unit in self.order if unit not in gone]
        return taken

    def _pull(self, unit: str) -> bool:
        """Take a unit unless it is the last of its stratum."""
        if self.left[self.stratum[unit]] < 2:
            return False
        self.left[self.stratum[unit]] -= 1
        return True
