"""What benchmarks/peers.py found, from right answers to means with intervals, and its table as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cdkd_kg.config import EvaluationConfig
from cdkd_kg.evaluation.compare import holm, interval
from cdkd_kg.evaluation.words import NOTHING, percent, plural, points, span
from cdkd_kg.study.questions import mean_over_pairs
from cdkd_kg.study.scores import Place, Scored, over_pairs, score_right

HARD, PLAIN, ADVERSARIAL = "hard labels", "plain distillation", "AAD-style adaptation"
PROTOTYPE, DOMAIN_GRAPH, OURS = "Meta-KD-style weighting", "HRKD-style weighting", "ours"
WAYS = (HARD, PLAIN, ADVERSARIAL, PROTOTYPE, DOMAIN_GRAPH, OURS)
SUPERVISED, PAIRS = "supervised", "pairs"


def protocols(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the means of both protocols, and what ours is ahead of each other way by."""
    seeds = sorted({one["seed"] for one in found})
    parts = {
        SUPERVISED: [one for one in found if one["case"] == SUPERVISED],
        PAIRS: [one for one in found if one["case"] != SUPERVISED],
    }
    return {
        "seeds": seeds,
        "git": ", ".join(sorted({one["git"] for one in found})),
        "seconds": round(sum(sum(one["seconds"].values()) for one in found), 1),
        "protocols": {name: _means(_scored(some, seeds)) for name, some in parts.items()},
    }


def peers_table(results: Mapping[str, Any]) -> str:
    """Return one row a way, and whether ours is first."""
    means = results["protocols"]
    lines = [
        f"Accuracy, mean over {plural(len(results['seeds']), 'seed')}, with its 95 % interval; in brackets the points "
        "that ours is ahead by.",
        "",
        f"| student | {means[SUPERVISED]['domains']} domains, supervised | {means[PAIRS]['domains']} pairs, target |",
        "| --- | ---: | ---: |",
    ]
    lines += [f"| {way} | {_cell(means[SUPERVISED], way)} | {_cell(means[PAIRS], way)} |" for way in WAYS]
    firsts = {name: max(one["ways"], key=lambda way: one["ways"][way]["mean"]) for name, one in means.items()}
    said = "; ".join(f"{name}: {first}{'' if first == OURS else ', **not met**'}" for name, first in firsts.items())
    return "\n".join([*lines, "", f"First, where ours is to be: {said}."]) + "\n"


def _scored(found: Sequence[Mapping[str, Any]], seeds: Sequence[int]) -> list[Scored]:
    """Return the scores at every place; all seeds were asked for the same."""
    scored, config = [], EvaluationConfig()
    for case in sorted({one["case"] for one in found}):
        mine = sorted((one for one in found if one["case"] == case), key=lambda one: seeds.index(one["seed"]))
        for number, about in enumerate(mine[0]["places"]):
            place = Place(case, {}, "sentiment", about["domain"], "target", (case,), about["tests"])
            right = {
                way: np.stack([[bit == "1" for bit in one["places"][number]["right"][way]] for one in mine])
                for way in about["right"]
            }
            scored.append(score_right(place, right, config))
    return scored


def _means(scored: Sequence[Scored]) -> dict[str, Any]:
    ways = [way for way in WAYS if way in scored[0].seeds]
    tests = [one.place.tests for one in scored]
    found: dict[str, Any] = {}
    for way in ways:
        low, high = interval(over_pairs([one.drawn[way] for one in scored], tests))
        seeds = np.mean([one.seeds[way] for one in scored], axis=0)
        found[way] = {"mean": round(float(seeds.mean()), 6), "low": low, "high": high}
        found[way]["seeds"] = [round(float(one), 6) for one in seeds]
    against = {way: mean for way in ways if way != OURS and (mean := mean_over_pairs(scored, OURS, way))}
    for mean, p in zip(against.values(), holm([one["p"] for one in against.values()]), strict=True):
        mean["holm"] = round(p, 6)
    return {"domains": len(scored), "ways": found, "ours against": against}


def _cell(means: Mapping[str, Any], way: str) -> str:
    if way not in means["ways"]:
        return NOTHING
    one = means["ways"][way]
    said = f"{percent(one['mean'])} ({span(one['low'], one['high'])})"
    if way == OURS:
        return said
    ahead = means["ours against"][way]
    return f"{said} [{points(ahead['difference'])}, {span(ahead['low'], ahead['high'])}]"
