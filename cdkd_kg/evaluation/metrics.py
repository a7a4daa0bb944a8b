"""Scores of one set of answers: accuracy, F1, calibration error, log loss; confusion and reliability tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, multilabel_confusion_matrix

from cdkd_kg.errors import TrainingError

Floats = NDArray[np.floating]
Flags = NDArray[np.bool_]


def primary_metric(multi_label: bool) -> str:
    """Return the metric that comparisons and the verdict are about; fixed before any answer is looked at."""
    return "micro_f1" if multi_label else "accuracy"


def scores(logits: Floats, targets: Floats, multi_label: bool, bins: int) -> dict[str, float]:
    """Score answers against the truth.

    ``accuracy``, ``macro_f1``, ``ece`` and ``nll``; with several labels a document also ``micro_f1``, and
    ``accuracy`` then asks for the whole set of labels to be right. All but ``nll`` (in nats) lie in 0..1.

    ``macro_f1`` is the mean over the classes that occur in these documents: a class that is predicted but
    absent has no F1 of its own and counts through the precision of the others. ``nll`` is the mean negative
    log-likelihood a document, or a label decision where there are several labels a document.

    Shapes: ``logits`` and ``targets`` (0 or 1) are ``[N, C]``.

    Raises:
        ValueError: no documents, unlabelled rows, or not exactly one label a row without ``multi_label``.
        TrainingError: a logit is not finite.
    """
    check(logits, targets, multi_label)
    said, truth = decisions(logits, multi_label), targets.astype(bool)
    present = np.flatnonzero(truth.any(axis=0))
    found = {
        "accuracy": accuracy_score(truth, said),
        "macro_f1": f1_score(truth, said, labels=present, average="macro", zero_division=0) if len(present) else 0,
        "ece": expected_calibration_error(logits, targets, multi_label, bins),
        "nll": _log_loss(logits, truth, multi_label),
    }
    if multi_label:
        found["micro_f1"] = f1_score(truth, said, average="micro", zero_division=0)
    return {name: round(float(value), 6) for name, value in found.items()}


def confusion(logits: Floats, targets: Floats, multi_label: bool) -> list[list[int]]:
    """Count right and wrong decisions.

    Returns:
        ``[C][C]`` counts, rows the true class and columns the predicted one; with several labels a document
        ``[C][4]``: true positives, false positives, false negatives, true negatives of each label.
    """
    check(logits, targets, multi_label)
    said, truth = decisions(logits, multi_label), targets.astype(bool)
    if multi_label:
        (tn, fp), (fn, tp) = np.moveaxis(multilabel_confusion_matrix(truth, said), 0, -1)
        return _integers(np.stack([tp, fp, fn, tn], axis=1))
    classes = np.arange(targets.shape[1])
    return _integers(confusion_matrix(truth.argmax(axis=1), said.argmax(axis=1), labels=classes))


def reliability(logits: Floats, targets: Floats, multi_label: bool, bins: int) -> list[dict[str, float]]:
    """Return mean confidence, share of right answers and count of each bin that is not empty.

    Bins are equally wide over confidence 0..1, a confidence on an edge belongs to the lower bin.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    check(logits, targets, multi_label)
    confidence, correct = judgements(logits, targets, multi_label)
    place = bin_of(confidence, bins).ravel()
    count, sure, right = (
        np.bincount(place, weights=values, minlength=bins)
        for values in (None, confidence.ravel(), correct.ravel().astype(float))
    )
    return [
        {
            "confidence": round(float(sure[b] / count[b]), 6),
            "accuracy": round(float(right[b] / count[b]), 6),
            "count": int(count[b]),
        }
        for b in np.flatnonzero(count)
    ]


def expected_calibration_error(logits: Floats, targets: Floats, multi_label: bool, bins: int) -> float:
    r"""Return by how much confidence and accuracy differ, averaged over bins of confidence.

    .. math:: \mathrm{ECE} = \sum_b \frac{n_b}{n} \left| \mathrm{acc}(b) - \mathrm{conf}(b) \right|

    Confidence is the probability of the predicted class; with several labels a document it is that of each
    decision for or against a label.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017, equation 3.
    """
    table = reliability(logits, targets, multi_label, bins)
    total = sum(row["count"] for row in table)
    return sum(row["count"] / total * abs(row["accuracy"] - row["confidence"]) for row in table)


def decisions(logits: Floats, multi_label: bool) -> Flags:
    """Return ``[N, C]`` predicted labels: the likeliest class, or every label above one half."""
    if multi_label:
        return np.asarray(logits > 0)
    return np.asarray(np.arange(logits.shape[1]) == logits.argmax(axis=1)[:, None])


def judgements(logits: Floats, targets: Floats, multi_label: bool) -> tuple[Floats, Flags]:
    """Return confidence and correctness of every decision: ``[N, 1]``, or ``[N, C]`` with several labels."""
    said = decisions(logits, multi_label)
    if multi_label:
        return expit(np.abs(logits.astype(np.float64))), said == targets.astype(bool)
    confidence = softmax(logits.astype(np.float64), axis=1).max(axis=1, keepdims=True)
    return confidence, (said & targets.astype(bool)).any(axis=1, keepdims=True)


def bin_of(confidence: Floats, bins: int) -> NDArray[np.int64]:
    """Return the bin, 0 to ``bins - 1``, of each confidence; bins are open on the left, closed on the right."""
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def check(logits: Floats, targets: Floats, multi_label: bool) -> None:
    """Refuse what cannot be scored; see :func:`scores`."""
    if logits.shape != targets.shape or logits.ndim != 2 or len(logits) == 0:
        raise ValueError(f"cannot score logits {logits.shape} against targets {targets.shape}")
    if not np.isin(targets, (0, 1)).all() or not (multi_label or (targets.sum(axis=1) == 1).all()):
        raise ValueError("every row needs its labels, and exactly one unless the task is multi-label")
    if not np.isfinite(logits).all():
        raise TrainingError(
            "an answer is not a finite number",
            where=f"row {int(np.flatnonzero(~np.isfinite(logits).all(axis=1))[0])} of the scored rows",
            why="the training of the student or of a teacher diverged",
            remedy="lower learning_rate and run again",
        )


def _integers(table: NDArray[np.integer]) -> list[list[int]]:
    return [[int(count) for count in row] for row in table]


def _log_loss(logits: Floats, truth: Flags, multi_label: bool) -> float:
    wide = logits.astype(np.float64)
    if multi_label:
        return float(log_loss(truth.ravel(), expit(wide).ravel(), labels=[False, True]))
    return float(log_loss(truth.argmax(axis=1), softmax(wide, axis=1), labels=np.arange(truth.shape[1])))
