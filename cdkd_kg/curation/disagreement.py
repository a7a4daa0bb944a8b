"""How far text and graph disagree about each document of a run, so that what moved the student is judged first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.evaluation.answered import FUSED, SIGNALLED, TEXT, Said, mean_probabilities, read_said
from cdkd_kg.evaluation.between_runs import multi_label_tasks, run_results

_TINY = 1e-12


def disagreement(run: Path) -> dict[str, float]:
    r"""Return how far the graph moved what the student was taught of each document, from 0 to 1.

    .. math:: d = H\left(\frac{p + q}2\right) - \frac12 H(p) - \frac12 H(q)

    the Jensen-Shannon divergence, in bits, of what text alone says (p) and of what is taught (q), both in the mean over
    seeds; with independent labels the mean of those of the labels. It is 0 where the graph changed nothing, whether it
    agrees or does not count.

    Args:
        run: the folder of a run with the condition ``graph_teacher``.

    Raises:
        MissingResourceError: the run is not finished.

    Source: Lin, Divergence Measures Based on the Shannon Entropy, 1991.
    """
    found: dict[str, float] = {}
    several = multi_label_tasks(run_results(run))
    for task, said in read_said(run / SIGNALLED).items():
        if TEXT in said:
            found |= _of_task(said, multi_label=several[task])
    return found


def divergence(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return ``[...]`` the Jensen-Shannon divergences, in bits, of distributions ``[..., C]``.

    Example:
        >>> divergence(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.0, 1.0], [0.5, 0.5]])).tolist()
        [1.0, 0.0]
    """
    return np.asarray(np.clip(_bits((first + second) / 2) - (_bits(first) + _bits(second)) / 2, 0.0, 1.0))


def _of_task(said: Mapping[str, Mapping[int, Mapping[str, Said]]], *, multi_label: bool) -> dict[str, float]:
    names = sorted(set.intersection(*(set(seed) for who in (TEXT, FUSED) for seed in said[who].values())))
    alone, taught = (mean_probabilities(said[who], names, multi_label=multi_label) for who in (TEXT, FUSED))
    if multi_label:
        alone, taught = (np.stack([one, 1 - one], axis=-1) for one in (alone, taught))
    found = divergence(alone, taught)
    return dict(zip(names, map(float, found.mean(axis=1) if multi_label else found), strict=True))


def _bits(shares: NDArray[np.floating]) -> NDArray[np.float64]:
    wide = shares.astype(np.float64)
    return np.asarray(-(wide * np.log2(np.maximum(wide, _TINY))).sum(axis=-1))
