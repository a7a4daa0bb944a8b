"""Test documents apart by whether anything in them is linked to the graph's vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.artifacts import read_json
from cdkd_kg.pipeline.coverage_stage import LINKED
from cdkd_kg.pipeline.plan import COVERAGE
from cdkd_kg.study.cases import Case
from cdkd_kg.study.scores import Scored, answered, score_place

PARTS = {"without": "without a linked entity", "with": "with a linked entity"}


def by_coverage(case: Case, inputs: Mapping[str, Path]) -> dict[str, list[Scored]]:
    """Return the scores of a case on the test documents without and with linked entities, by :data:`PARTS`.

    Empty where they were not counted (``evaluation.coverage``).

    Args:
        case: the run.
        inputs: the folders that its evaluation reads, by the names it knows them under.
    """
    found: dict[str, list[Scored]] = {}
    for one in answered(case, inputs):
        bits = linked(one.ids, inputs)
        for part, mask in {} if bits is None else {"without": ~bits, "with": bits}.items():
            if mask.any():
                mine = {name: {seed: z[mask] for seed, z in seeds.items()} for name, seeds in one.answers.items()}
                place = one.place.among(one.ids[mask])
                found.setdefault(part, []).append(
                    score_place(place, mine, one.targets[mask], one.multi_label, case.config.evaluation)
                )
    return found


def linked(ids: NDArray[np.str_], inputs: Mapping[str, Path]) -> NDArray[np.bool_] | None:
    """Return ``[N]`` whether any mention of each test document is linked; None where that was not counted."""
    if COVERAGE not in inputs:
        return None
    counts: dict[str, int] = read_json(inputs[COVERAGE] / LINKED)
    return np.array([counts[name] > 0 for name in ids.tolist()])
