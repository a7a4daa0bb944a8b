"""Whether what is asked and answered still looks as when the student was made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from cdkd_kg.inference.reference import Features, counts_in

LARGE = 0.2
"""The index from which a shift is called large (Siddiqi, Credit Risk Scorecards, 2006, chapter 8)."""
_SURE = 3.0902
"""The quantile of the normal distribution that one of a thousand lies above."""


class Shift(NamedTuple):
    """How one feature of documents moved away from its reference.

    Attributes:
        feature: length, surprisal, confidence or label.
        psi: the population stability index.
        chance: what one of a thousand samples of this size would exceed without any drift.
        drifted: whether the index is large, and larger than chance.
    """

    feature: str
    psi: float
    chance: float
    drifted: bool


def shifts(known: Mapping[str, Any], documents: Sequence[Features], labels: Sequence[str]) -> list[Shift]:
    """Return the shift of every feature of some documents from a :func:`~cdkd_kg.inference.reference.reference`.

    Where either side has no document there is nothing to compare, and no shift.
    """
    if not documents or not known["documents"]:
        return []
    found = []
    for feature, counts in sorted(counts_in(known, documents, labels).items()):
        before = known[feature]["counts"]
        index, chance = stability_index(before, counts), chance_index(sum(before), sum(counts), len(before))
        found.append(Shift(feature, round(index, 6), round(chance, 6), index > max(LARGE, chance)))
    return found


def stability_index(before: Sequence[int], after: Sequence[int]) -> float:
    r"""Return the population stability index of counts in the same bins, half a document added to each bin.

    .. math:: \mathrm{PSI} = \sum_b (q_b - p_b) \ln \frac{q_b}{p_b}

    which is the symmetric Kullback-Leibler divergence, in nats; 0 where both are alike.

    Example:
        >>> stability_index([50, 50], [50, 50]), round(stability_index([50, 50], [90, 10]), 2)
        (0.0, 0.85)
    """
    p, q = (np.asarray(counts, dtype=np.float64) + 0.5 for counts in (before, after))
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def chance_index(before: int, after: int, bins: int) -> float:
    r"""Return the index that one of a thousand pairs of samples exceeds which come from the same population.

    .. math:: \left(\frac1N + \frac1M\right) \chi^2_{B-1,\,0.999}

    with the quantile in the approximation of Wilson & Hilferty (1931).

    Source: Yurdakul, Statistical Properties of Population Stability Index, dissertation, 2018, theorem 3.1.
    """
    free = bins - 1
    if not (free and before and after):
        return math.inf
    spread = 2 / (9 * free)
    return (1 / before + 1 / after) * free * (1 - spread + _SURE * math.sqrt(spread)) ** 3
