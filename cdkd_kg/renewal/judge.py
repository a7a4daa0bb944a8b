"""Old student against new, on the same test documents: may the new one take its place?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.config import EvaluationConfig
from cdkd_kg.evaluation.compare import compare_domain, score_domain
from cdkd_kg.evaluation.metrics import primary_metric

OLD, NEW = "old", "new"
ENOUGH = 50
"""So many labelled test documents show that a student is not worse; fewer can only show that it is."""
Floats = NDArray[np.floating]


class Judgement(NamedTuple):
    """Old and new student on one domain.

    Attributes:
        domain: its name.
        documents: labelled test documents that both answered.
        metric: accuracy, or micro F1 where labels are independent.
        old: score of the old student, and ``new`` that of the new one; None without documents, as all below.
        new: see ``old``.
        difference: new minus old.
        low: lower end of its paired 95 % interval, and ``high`` the upper one.
        high: see ``low``.
        p: of "no difference".
        passes: whether the new one is not worse by more than what is tolerated; None where there are too few documents.
    """

    domain: str
    documents: int
    metric: str
    old: float | None
    new: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    passes: bool | None


def judge(
    old: Floats, new: Floats, targets: Floats, domains: Sequence[str], multi_label: bool, tolerance: float
) -> list[Judgement]:
    r"""Compare two students domain by domain.

    The new one passes where it is shown not to be worse by more than the tolerance :math:`\delta` (non-inferiority):

    .. math:: \mathrm{low}(\Delta) \ge -\delta

    with the paired bootstrap interval of :func:`~cdkd_kg.evaluation.compare.compare_domain`. Of fewer than 50 documents
    it fails where the upper end lies below, and else nothing is said.

    Args:
        old: logits ``[N, C]``, and ``new`` those of the new student for the same documents.
        new: see ``old``.
        targets: ``[N, C]`` of 0 and 1; rows of -1 are unlabelled.
        domains: of each document.
        multi_label: whether labels are independent.
        tolerance: in points of the metric, such as 2.0.

    Source: Piaggio et al., Reporting of Noninferiority and Equivalence Randomized Trials, JAMA 2012.
    """
    names = np.array(domains, dtype=str)
    return [
        _judged(str(name), old[names == name], new[names == name], targets[names == name], multi_label, tolerance)
        for name in np.unique(names)
    ]


def _judged(name: str, old: Floats, new: Floats, targets: Floats, multi_label: bool, tolerance: float) -> Judgement:
    config, metric = EvaluationConfig(), primary_metric(multi_label)
    answers: Mapping[str, Mapping[int, Floats]] = {OLD: {0: old}, NEW: {0: new}}
    compared = compare_domain(answers, targets, multi_label, config, NEW, [OLD])
    if not compared:
        return Judgement(name, 0, metric, None, None, None, None, None, None, None)
    found, scored = compared[0], {who: score_domain(one, targets, multi_label, config) for who, one in answers.items()}
    count = scored[NEW]["n"]
    passes = _passes(found["low"], found["high"], -tolerance / 100, count)
    before, after = (scored[who]["scores"][metric]["mean"] for who in (OLD, NEW))
    return Judgement(
        name, count, metric, before, after, found["difference"], found["low"], found["high"], found["p"], passes
    )


def _passes(low: float, high: float, least: float, documents: int) -> bool | None:
    if high < least:
        return False
    return low >= least if documents >= ENOUGH else None


def failed(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Return where the new student may be worse than is tolerated."""
    return [one for one in judgements if one.passes is False]


def told(judgements: Sequence[Judgement]) -> list[dict[str, Any]]:
    """Return judgements as JSON has them."""
    return [one._asdict() for one in judgements]
