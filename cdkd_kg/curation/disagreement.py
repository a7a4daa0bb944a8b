"""How far text and graph disagree about each document of a run, so that what moved the student is judged first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import rel_entr

from cdkd_kg.errors import ConfigError
from cdkd_kg.evaluation.answered import (
    FUSED,
    SIGNALLED,
    TEXT,
    Said,
    mean_probabilities,
    multi_label_tasks,
    read_said,
    run_results,
)  # fmt: skip


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
        ConfigError: it has no such condition.

    Source: Lin, Divergence Measures Based on the Shannon Entropy, 1991.
    """
    found: dict[str, float] = {}
    several = multi_label_tasks(run_results(run))
    for task, said in read_said(run / SIGNALLED).items():
        if TEXT in said:
            found |= _of_task(said, multi_label=several[task])
    if not found:
        raise ConfigError(
            "the run has no teacher that sees the graph",
            where=str(run),
            why="its evaluation.conditions lack graph_teacher",
            remedy="run it with graph_teacher among them",
        )
    return found


def divergence(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return ``[...]`` the Jensen-Shannon divergences, in bits, of distributions ``[..., C]``.

    Example:
        >>> divergence(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.0, 1.0], [0.5, 0.5]])).tolist()
        [1.0, 0.0]
    """
    middle = (first + second) / 2
    nats = (rel_entr(first, middle) + rel_entr(second, middle)).sum(axis=-1) / 2
    return np.asarray(np.clip(nats / np.log(2), 0.0, 1.0), dtype=np.float64)


def _of_task(said: Mapping[str, Mapping[int, Mapping[str, Said]]], *, multi_label: bool) -> dict[str, float]:
    names = sorted(set.intersection(*(set(seed) for who in (TEXT, FUSED) for seed in said[who].values())))
    alone, taught = (mean_probabilities(said[who], names, multi_label=multi_label) for who in (TEXT, FUSED))
    if multi_label:
        alone, taught = (np.stack([one, 1 - one], axis=-1) for one in (alone, taught))
    found = divergence(alone, taught)
    return dict(zip(names, map(float, found.mean(axis=1) if multi_label else found), strict=True))
