"""How much each domain's text teacher counted for the documents of other domains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.words import condition_name, plural

MeanWeights = dict[tuple[str, str, str], dict[str, list[float]]]


def domain_weights(experts: Mapping[str, Any]) -> MeanWeights:
    """Return ``{(condition, domain, way): {teacher: mean weight by seed}}`` of domains without a teacher of their own.

    Args:
        experts: ``{seed: {condition: {expert: notes}}}``; the notes of ``text`` have ``domain_teachers`` where there is
            one teacher a domain.
    """
    found: MeanWeights = {}
    for conditions in experts.values():
        for condition, mine in conditions.items():
            about = mine.get("text", {}).get("domain_teachers", {"weights": {}})
            for domain, shares in about["weights"].items():
                for teacher, weight in shares.items() if domain not in shares else ():
                    case = found.setdefault((condition, domain, about["way"]), {})
                    case.setdefault(teacher, []).append(weight)
    return found


def weighing_warnings(experts: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each way of weighing that could not be followed, or was not trusted, and where that was.

    Args:
        experts: as in :func:`domain_weights`.
    """
    cases: dict[str, dict[str, set[str]]] = {}
    for seed, conditions in experts.items():
        for condition, mine in conditions.items():
            if warning := mine.get("text", {}).get("domain_teachers", {}).get("warning"):
                where = cases.setdefault(warning, {"conditions": set(), "seeds": set()})
                where["conditions"].add(condition_name(condition))
                where["seeds"].add(seed)
    return [
        f"{warning} This is so for {', '.join(sorted(where['conditions']))}, in {plural(len(where['seeds']), 'seed')}."
        for warning, where in cases.items()
    ]
