"""The answer to each question: a row a case, their mean over domain pairs, and a verdict fixed in advance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.evaluation.compare import SIGNIFICANT, holm, interval, sign_p
from cdkd_kg.study.config import DomainKind, QuestionConfig
from cdkd_kg.study.scores import Place, Scored, over_pairs

Floats = NDArray[np.floating]
MET, NOT_MET, NOT_SHOWN, UNKNOWN = "met", "not met", "not shown", "cannot be said"


def answer(questions: Sequence[QuestionConfig], scored: Sequence[Scored]) -> list[dict[str, Any]]:
    """Answer the questions of a study, with p corrected over all of them.

    Returns:
        One entry a question: what was asked; ``rows``, one a case and domain (see :func:`row`); ``mean``, over domain
        pairs (see :func:`mean_over_pairs`, with ``holm`` beside ``p``), None where no case was run; ``verdict``.
    """
    found = []
    for question in questions:
        mine = [entry for entry in scored if asks_about(question, entry.place)]
        about = question.model_dump(mode="json")
        rows = [row(entry, question.a, question.b) for entry in mine]
        found.append(about | {"rows": rows, "mean": mean_over_pairs(mine, question.a, question.b)})
    means = [entry["mean"] for entry in found if entry["mean"]]
    for mean, p in zip(means, holm([mean["p"] for mean in means]), strict=True):
        mean["holm"] = round(p, 6)
    return [entry | {"verdict": verdict(entry["mean"], entry["at_least"])} for entry in found]


def asks_about(question: QuestionConfig, place: Place) -> bool:
    """Say whether a question is about the scores at a place."""
    chosen = all(place.choices[dimension] in choices for dimension, choices in question.where.items())
    return chosen and of_kind(place, question.domains)


def of_kind(place: Place, domains: DomainKind) -> bool:
    """Say whether a place is one of those whose domains are asked for."""
    return domains in ("all", place.role)


def row(entry: Scored, a: str, b: str) -> dict[str, Any]:
    """Return a's and b's mean over seeds, their paired difference, its interval over documents, and p of its sign.

    ``seeds`` holds the difference of each seed.
    """
    place, drawn = entry.place, entry.drawn[a] - entry.drawn[b]
    return {
        "case": place.case,
        "choices": dict(place.choices),
        "task": place.task,
        "domain": place.domain,
        "pair": place.pair,
        "documents": entry.documents,
        "metric": entry.metric,
        "seeds": [round(one - other, 6) for one, other in zip(entry.seeds[a], entry.seeds[b], strict=True)],
        **_compared(float(np.mean(entry.seeds[a])), float(np.mean(entry.seeds[b])), drawn),
    }


def mean_over_pairs(entries: Sequence[Scored], a: str, b: str) -> dict[str, Any] | None:
    """Return the mean over domain pairs, with interval and p over pairs and documents; None without any entry.

    Several cases of one pair, such as label budgets, are averaged first, so that each pair counts once.
    """
    pairs: dict[tuple[str, str], list[Scored]] = {}
    for entry in entries:
        pairs.setdefault((entry.place.pair, entry.place.tests), []).append(entry)
    if not pairs:
        return None
    drawn = [np.mean([entry.drawn[a] - entry.drawn[b] for entry in mine], axis=0) for mine in pairs.values()]
    scores = {
        name: float(np.mean([np.mean([np.mean(entry.seeds[name]) for entry in mine]) for mine in pairs.values()]))
        for name in (a, b)
    }
    resampled = over_pairs(drawn, [tests for _, tests in pairs])
    return {"pairs": len(pairs), **_compared(scores[a], scores[b], resampled)}


def verdict(mean: Mapping[str, Any] | None, at_least: float) -> str:
    """Say whether a claim holds.

    ``met``: the mean difference reaches ``at_least`` points, its interval lies above 0 and its corrected p is below
    0.05. ``not met``: the difference is smaller than that. ``not shown``: it is large enough, but may be chance.
    """
    if mean is None:
        return UNKNOWN
    if round(100 * mean["difference"], 4) < at_least:
        return NOT_MET
    return MET if mean["low"] > 0 and mean["holm"] < SIGNIFICANT else NOT_SHOWN


def _compared(a: float, b: float, drawn: Floats) -> dict[str, float]:
    low, high = interval(drawn)
    return {
        "score_a": round(a, 6),
        "score_b": round(b, 6),
        "difference": round(a - b, 6),
        "low": low,
        "high": high,
        "p": round(sign_p(drawn), 6),
    }
