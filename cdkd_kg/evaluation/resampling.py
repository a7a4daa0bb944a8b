"""The bootstrap over documents: every score of every resample, as products of a few matrices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.evaluation.metrics import bin_of, check, decisions, judgements

Floats = NDArray[np.floating]
LARGEST_LOSS = float(-np.log(np.finfo(np.float64).eps))
"""Where scikit-learn cuts the loss of one decision, so that ours is the same."""


def resamples(documents: int, count: int, seed: int = 0) -> NDArray[np.float32]:
    """Draw ``count`` resamples with replacement.

    Returns:
        ``[count, documents]``: how often each document is in each resample; a row sums to ``documents``.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 6.
    """
    generator = np.random.default_rng(seed)
    draws = np.empty((count, documents), dtype=np.float32)
    for row in draws:
        row[:] = np.bincount(generator.integers(documents, size=documents), minlength=documents)
    return draws


def resampled_scores(
    logits: Floats, targets: Floats, multi_label: bool, bins: int, draws: NDArray[np.float32]
) -> dict[str, Floats]:
    """Return what :func:`cdkd_kg.evaluation.metrics.scores` would say of each resample.

    Every score is a function of sums over documents, and the sums over a resample are its counts times the
    documents' terms. Macro-F1 is over the classes that occur in the resample.

    Shapes: ``logits`` and ``targets`` are ``[N, C]``, ``draws`` is ``[B, N]``; each result is ``[B]``.
    """
    check(logits, targets, multi_label)
    truth, said = targets.astype(np.float32), decisions(logits, multi_label).astype(np.float32)
    right = (truth == said).all(axis=1)
    found = {
        "accuracy": means(draws, right.astype(np.float32)),
        "ece": _calibration_errors(draws, logits, targets, multi_label, bins),
        "nll": means(draws, losses(logits, targets, multi_label).astype(np.float32)),
    }
    both, true, predicted = draws @ (truth * said), draws @ truth, draws @ said
    present = true > 0
    f1 = np.divide(2 * both, true + predicted, out=np.zeros_like(both), where=present)
    found["macro_f1"] = f1.sum(axis=1) / np.maximum(present.sum(axis=1), 1)
    if multi_label:
        found["micro_f1"] = 2 * both.sum(axis=1) / np.maximum((true + predicted).sum(axis=1), 1)
    return {name: np.asarray(values, dtype=np.float64) for name, values in found.items()}


def losses(logits: Floats, targets: Floats, multi_label: bool) -> Floats:
    """Return ``[N]`` the negative log-likelihood of each document, in nats (the mean over labels if several)."""
    wide = logits.astype(np.float64)
    if multi_label:
        return np.asarray(np.minimum(np.logaddexp(0.0, wide) - targets * wide, LARGEST_LOSS).mean(axis=1))
    loss = np.logaddexp.reduce(wide, axis=1) - (targets * wide).sum(axis=1)
    return np.asarray(np.minimum(loss, LARGEST_LOSS))


def means(draws: NDArray[np.float32], terms: NDArray[np.float32]) -> Floats:
    """Return the mean of ``terms`` ``[N]`` in each of the resamples ``draws`` ``[B, N]``."""
    return np.asarray(draws @ terms / draws.shape[1])


def _calibration_errors(
    draws: NDArray[np.float32], logits: Floats, targets: Floats, multi_label: bool, bins: int
) -> Floats:
    confidence, correct = judgements(logits, targets, multi_label)
    gaps = np.zeros((len(logits), bins), dtype=np.float32)
    rows = np.broadcast_to(np.arange(len(logits))[:, None], confidence.shape)
    np.add.at(gaps, (rows, bin_of(confidence, bins)), correct - confidence)
    return np.asarray(np.abs(draws @ gaps).sum(axis=1) / (draws.shape[1] * confidence.shape[1]))
