"""Confidence that means what it says, domain by domain, and what abstaining would gain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.evaluation.metrics import expected_calibration_error, judgements
from cdkd_kg.teachers.calibration import fit_temperature

Floats = NDArray[np.floating]
BINS, ENOUGH = 15, 50
"""Bins of confidence, and labelled rows that a domain needs for a temperature of its own."""
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def temperatures(
    logits: Floats, targets: Floats, domains: Sequence[str], multi_label: bool
) -> tuple[float, dict[str, float]]:
    """Return the temperature of all labelled rows together, and that of each domain that has enough of them.

    Of a few rows a temperature is chance: one wrong answer among five would make a student doubt all it says.

    Args:
        logits: ``[N, C]`` of labelled rows that the student was not trained on.
        targets: ``[N, C]`` of 0 and 1.
        domains: that of each row.
        multi_label: whether labels are independent.
    """
    names = np.array(domains, dtype=str)
    each = {
        str(name): fit_temperature(logits[names == name], targets[names == name], multi_label)
        for name, rows in zip(*np.unique(names, return_counts=True), strict=True)
        if rows >= ENOUGH
    }
    return fit_temperature(logits, targets, multi_label), each


def calibration_errors(logits: Floats, targets: Floats, temperature: float, multi_label: bool) -> dict[str, float]:
    """Return the expected calibration error ``before`` and ``after`` logits are divided by a temperature."""
    if len(logits) == 0:
        return {"before": 0.0, "after": 0.0}
    both = {"before": logits, "after": logits / temperature}
    return {name: round(expected_calibration_error(one, targets, multi_label, BINS), 6) for name, one in both.items()}


def abstention(logits: Floats, targets: Floats, multi_label: bool) -> list[dict[str, Any]]:
    """Return the share that is answered, and how much of it is right, where less sure answers are held back.

    Args:
        logits: ``[N, C]``, divided by the temperature.
        targets: ``[N, C]`` of 0 and 1.
        multi_label: whether labels are independent; each label is then answered or held back alone.

    Source: El-Yaniv & Wiener, On the Foundations of Noise-free Selective Classification, JMLR 2010 (risk and coverage).
    """
    if len(logits) == 0:
        return []
    confidence, right = judgements(logits, targets, multi_label)
    found = []
    for threshold in THRESHOLDS:
        kept = confidence >= threshold
        share = float(right[kept].mean()) if kept.any() else None
        found.append({"threshold": threshold, "answered": round(float(kept.mean()), 6), "right": share})
    return found
