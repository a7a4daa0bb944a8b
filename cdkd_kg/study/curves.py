"""How the gain depends on something: the label budget, the share of edges dropped, linked entities in a document."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cdkd_kg.study.config import BUDGET, QuestionConfig, StudyConfig
from cdkd_kg.study.questions import mean_over_pairs, of_kind
from cdkd_kg.study.scores import Scored

WHOLE, BASELINE = "graph_teacher", "text_teacher"
DROPPED = re.compile(r"dropped_(\d{1,3})")
"""A condition whose graph teacher sees a graph without that percentage of its edges."""

Curve = dict[str, Any]


def places_of(curves: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the places of curves, each once: numbers by size, and after them the others as they come.

    Example:
        >>> places_of([{"points": [{"at": "16"}]}, {"points": [{"at": "4"}, {"at": "all"}, {"at": "64"}]}])
        ['4', '16', '64', 'all']
    """
    places = dict.fromkeys(str(point["at"]) for curve in curves for point in curve["points"])
    return sorted(places, key=lambda place: float(place) if place.isdecimal() else math.inf)


def budget_curves(study: StudyConfig, scored: Sequence[Scored]) -> list[Curve]:
    """Return the gain of a over b at each label budget, for every two conditions that a question compares.

    Each point is the mean over domain pairs, whatever choices the question itself asks about. Empty where no dimension
    is called ``budget``.
    """
    curves = []
    for question in _contrasts(study.questions) if BUDGET in study.vary else ():
        points = []
        for choice in study.vary[BUDGET]:
            mine = [
                entry
                for entry in scored
                if entry.place.choices[BUDGET] == choice and of_kind(entry.place, question.domains)
            ]
            points += _points(choice, mine, question.a, question.b)
        if points:
            curves.append({"name": question.b, "a": question.a, "b": question.b, "points": points})
    return curves


def dropped_curves(study: StudyConfig, scored: Sequence[Scored]) -> list[Curve]:
    """Return the gain over the text teacher against the percentage of edges dropped: one curve a label budget.

    The points are the conditions ``dropped_25`` and so on, and the graph teacher with all edges at 0. Empty where no
    such condition ran in any case.
    """
    targets = [entry for entry in scored if of_kind(entry.place, "target")]
    shares = {WHOLE: 0} | {
        name: int(found[1]) for entry in targets for name in entry.seeds if (found := DROPPED.fullmatch(name))
    }
    curves = []
    for choice in study.vary.get(BUDGET, [""]) if len(shares) > 1 else ():
        mine = [entry for entry in targets if choice in ("", entry.place.choices.get(BUDGET))]
        mine = [entry for entry in mine if BASELINE in entry.seeds and set(shares) <= set(entry.seeds)]
        points = [
            point
            for name, share in sorted(shares.items(), key=lambda pair: pair[1])
            for point in _points(str(share), mine, name, BASELINE)
        ]
        if points:
            curves.append({"name": choice or WHOLE, "a": WHOLE, "b": BASELINE, "points": points})
    return curves


def coverage_curves(study: StudyConfig, parts: Sequence[tuple[str, Sequence[Scored]]]) -> list[Curve]:
    """Return the gain of a over b on each part of the test documents, for every two conditions that are compared.

    Args:
        study: whose questions say what is compared.
        parts: what a part is called, and the scores on it; see :func:`~cdkd_kg.study.coverage.by_coverage`.
    """
    curves = []
    for question in _contrasts(study.questions):
        points = []
        for name, scored in parts:
            mine = [entry for entry in scored if of_kind(entry.place, question.domains)]
            points += _points(name, mine, question.a, question.b)
        if points:
            curves.append({"name": question.b, "a": question.a, "b": question.b, "points": points})
    return curves


def _contrasts(questions: Iterable[QuestionConfig]) -> list[QuestionConfig]:
    """Return the first question of each two conditions."""
    found: dict[tuple[str, str], QuestionConfig] = {}
    for question in questions:
        found.setdefault((question.a, question.b), question)
    return list(found.values())


def _points(name: str, entries: Sequence[Scored], a: str, b: str) -> list[dict[str, Any]]:
    mean = mean_over_pairs([entry for entry in entries if a in entry.seeds and b in entry.seeds], a, b)
    return [{"at": name, **mean}] if mean else []
