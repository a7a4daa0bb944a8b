"""Intervals for each student and paired differences between students, on the test rows of one domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.config import Condition, EvaluationConfig
from cdkd_kg.evaluation.metrics import confusion, primary_metric, reliability, scores
from cdkd_kg.evaluation.resampling import resampled_scores, resamples

Floats = NDArray[np.floating]
SUBJECT, CEILING = "graph_teacher", "oracle"
FIRST = ("text_teacher", "shuffled_graph", "no_distillation", "similar_text")
RIVALS = (*FIRST, *(name for name in get_args(Condition) if name not in (SUBJECT, CEILING, *FIRST)))
"""The conditions that the graph teacher is held against, in the order of the report."""
LEVEL = 0.95
SIGNIFICANT = 0.05


def score_domain(
    answers: Mapping[int, Floats], targets: Floats, multi_label: bool, config: EvaluationConfig
) -> dict[str, Any]:
    """Score the students of one condition on the test rows of one domain.

    Args:
        answers: ``[N, C]`` logits by seed.
        targets: ``[N, C]`` of 0 and 1; rows of -1 are unlabelled and left out.
        multi_label: whether labels are independent.
        config: resamples and calibration bins.

    Returns:
        ``n``, the documents scored, and where there are any: ``scores`` (by metric: ``mean`` over seeds, ``low``
        and ``high`` of its 95 % interval over documents, ``seeds``), ``confusion`` summed over seeds, and
        ``reliability`` of all seeds together.
    """
    kept = np.asarray((targets >= 0).all(axis=1))
    if not kept.any() or not answers:
        return {"n": 0}
    truth, logits = targets[kept], [answers[seed][kept] for seed in sorted(answers)]
    bins = config.calibration_bins
    seeds = [scores(one, truth, multi_label, bins) for one in logits]
    tables = [confusion(one, truth, multi_label) for one in logits]
    drawn = _means_of_seeds(logits, truth, multi_label, bins, resamples(len(truth), config.bootstrap))
    return {
        "n": int(kept.sum()),
        "scores": _with_intervals(seeds, drawn),
        "confusion": np.sum(tables, axis=0).tolist(),
        "reliability": reliability(np.concatenate(logits), np.tile(truth, (len(logits), 1)), multi_label, bins),
    }


def compare_domain(
    answers: Mapping[str, Mapping[int, Floats]],
    targets: Floats,
    multi_label: bool,
    config: EvaluationConfig,
    subject: str = SUBJECT,
    rivals: Sequence[str] = RIVALS,
) -> list[dict[str, Any]]:
    r"""Compare one student, that of the graph teacher unless said otherwise, with each of the others on one domain.

    The same resamples of documents are drawn for both students, so that hard and easy documents cancel:

    .. math:: \Delta^*_b = \frac1S \sum_s m(a_s, D^*_b) - \frac1S \sum_s m(b_s, D^*_b)

    The interval holds the middle 95 % of the :math:`\Delta^*_b`; ``p`` is of their sign, Holm-corrected over
    the comparisons of this domain. The metric is :func:`~cdkd_kg.evaluation.metrics.primary_metric`.

    Args:
        answers: ``[N, C]`` logits by condition and seed.
        targets: ``[N, C]`` of 0 and 1; rows of -1 are unlabelled and left out.
        multi_label: whether labels are independent.
        config: resamples and calibration bins.
        subject: who is compared.
        rivals: with whom; those that did not answer are left out.

    Returns:
        One entry a rival: ``a``, ``b``, ``metric``, ``difference`` (a minus b), ``low``, ``high``, ``p``.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapters 13 and 16.
    """
    kept = np.asarray((targets >= 0).all(axis=1))
    rivals = [name for name in rivals if name in answers]
    if not kept.any() or subject not in answers:
        return []
    metric, truth = primary_metric(multi_label), targets[kept]
    draws, everything = resamples(int(kept.sum()), config.bootstrap), np.ones((1, int(kept.sum())), dtype=np.float32)
    whole, drawn = {}, {}
    for name in (subject, *rivals):
        logits = [one[kept] for _, one in sorted(answers[name].items())]
        whole[name] = _means_of_seeds(logits, truth, multi_label, config.calibration_bins, everything)[metric][0]
        drawn[name] = _means_of_seeds(logits, truth, multi_label, config.calibration_bins, draws)[metric]
    differences = {rival: drawn[subject] - drawn[rival] for rival in rivals}
    corrected = holm([sign_p(differences[rival]) for rival in rivals])
    return [
        {
            "a": subject,
            "b": rival,
            "metric": metric,
            "difference": round(float(whole[subject] - whole[rival]), 6),
            **dict(zip(("low", "high"), interval(differences[rival]), strict=True)),
            "p": round(p, 6),
        }
        for rival, p in zip(rivals, corrected, strict=True)
    ]


def sign_p(differences: Floats) -> float:
    r"""Return the two-sided bootstrap p of "no difference".

    .. math:: p = \min\left(1, 2 \min\left( \frac{1 + \#\{\Delta^* \le 0\}}{B + 1},
              \frac{1 + \#\{\Delta^* \ge 0\}}{B + 1} \right)\right)

    Example:
        >>> round(sign_p(np.full(999, 0.02)), 3)
        0.002

    Source: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 15; the 1 keeps p above 0.
    """
    sides = (np.sum(differences <= _ZERO), np.sum(differences >= -_ZERO))
    return min(1.0, 2 * (1 + int(min(sides))) / (len(differences) + 1))


def holm(values: Sequence[float]) -> list[float]:
    r"""Return p-values corrected for how many were looked at, in the order given.

    The k-th smallest of m is multiplied by :math:`m - k + 1`; none may fall below a smaller one, none exceeds 1.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]

    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979.
    """
    corrected, largest = [0.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda place: values[place])):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        corrected[place] = largest
    return corrected


_ZERO = 1e-7
"""Differences this small are rounding: the resampled scores are single precision."""


def _means_of_seeds(
    logits: Sequence[Floats], truth: Floats, multi_label: bool, bins: int, draws: NDArray[np.float32]
) -> dict[str, Floats]:
    seeds = [resampled_scores(one, truth, multi_label, bins, draws) for one in logits]
    return {metric: np.mean([seed[metric] for seed in seeds], axis=0) for metric in seeds[0]}


def _with_intervals(seeds: Sequence[Mapping[str, float]], drawn: Mapping[str, Floats]) -> dict[str, dict[str, Any]]:
    found = {}
    for metric in seeds[0]:
        values = [seed[metric] for seed in seeds]
        mean = float(np.mean(values))
        # Noise in a bin never cancels, so a resample's calibration error is too large by about its bias:
        # the resamples are moved back onto the estimate (Efron & Tibshirani 1993, chapter 10).
        bias = float(drawn[metric].mean()) - mean if metric == "ece" else 0.0
        low, high = interval(drawn[metric] - bias)
        found[metric] = {"mean": round(mean, 6), "low": max(low, 0.0), "high": high, "seeds": values}
    return found


def interval(values: Floats) -> tuple[float, float]:
    """Return the bounds of the middle 95 % of resampled values."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return round(float(low), 6), round(float(high), 6)
