"""What can be known of a student in a domain that has no labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def threshold_for(confidence: Floats, right: NDArray[np.bool_]) -> float:
    r"""Return the threshold that as large a share of judged documents lies below as is answered wrongly.

    .. math:: \frac1n \sum_i [c_i < t] = \frac1n \sum_i [\hat y_i \ne y_i]

    Source: Garg et al., Leveraging Unlabeled Data to Predict Out-of-Distribution Performance, ICLR 2022, equation 2.

    Example:
        >>> threshold_for(np.array([0.4, 0.6, 0.9, 0.95]), np.array([False, True, True, True]))
        0.6
    """
    wrong = int((~right).sum())
    ordered = np.sort(confidence)
    return float(ordered[wrong]) if wrong < len(ordered) else float("inf")


def estimated_accuracy(confidence: Floats, threshold: float) -> float:
    """Return the share of documents whose confidence is the threshold at least: their accuracy, as far as it carries.

    Source: as of :func:`threshold_for` (average thresholded confidence).
    """
    return float((confidence >= threshold).mean())


def agreement_of(one: Floats, other: Floats) -> float:
    """Return the share of documents of which two say the same label, from logits or probabilities ``[N, C]``."""
    return float((one.argmax(axis=1) == other.argmax(axis=1)).mean())


def unlabelled_report(
    shares: Floats,
    labels: Sequence[str],
    threshold: float | None,
    others: Mapping[str, tuple[Floats, NDArray[np.bool_]]],
) -> dict[str, Any]:
    """Return what a student says of a domain without labels, and how far its estimated accuracy is to be believed.

    Args:
        shares: ``[N, C]`` calibrated probabilities of documents of the domain.
        labels: their names.
        threshold: of :func:`threshold_for`, on labelled validation rows; None where there is too little to guess by.
        others: confidence and correctness on labelled test documents of other domains.

    Returns:
        ``documents``, ``labels`` (the share that is given each), ``confidence`` (mean), ``estimate`` of the accuracy,
        and ``checks``: the same estimate and the accuracy on domains with labels.
    """
    confidence = shares.max(axis=1)
    given = np.bincount(shares.argmax(axis=1), minlength=len(labels)) / len(shares)
    return {
        "documents": len(shares),
        "labels": {label: round(float(share), 6) for label, share in zip(labels, given, strict=True)},
        "confidence": round(float(confidence.mean()), 6),
        "estimate": None if threshold is None else round(estimated_accuracy(confidence, threshold), 6),
        "checks": {}
        if threshold is None
        else {
            name: {
                "estimate": round(estimated_accuracy(sure, threshold), 6),
                "accuracy": round(float(right.mean()), 6),
                "documents": len(sure),
            }
            for name, (sure, right) in sorted(others.items())
        },
    }
