"""Test documents apart by whether anything in them is linked to the graph's vocabulary.

No stage reads test documents for entities: they must be in no graph, and students answer without one. A stage that
counts links in them, for measuring alone, has only to be among the needs of the evaluation as ``coverage`` and to
write :data:`LINKED`; tables and figure follow from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cdkd_kg.artifacts import read_json
from cdkd_kg.study.cases import Case
from cdkd_kg.study.scores import Scored, score_case

COVERAGE, LINKED = "coverage", "linked.json"
"""The stage, and its file: ``{test document: how many of its mentions are linked}``."""
PARTS = {"without": "without a linked entity", "with": "with a linked entity"}


def by_coverage(case: Case, inputs: Mapping[str, Path]) -> dict[str, list[Scored]]:
    """Return the scores of a case on the test documents without and with linked entities, by :data:`PARTS`.

    Empty where no stage counted them.

    Args:
        case: the run.
        inputs: the folders that its evaluation reads, by the names it knows them under.
    """
    if COVERAGE not in inputs:
        return {}
    counts: dict[str, int] = read_json(inputs[COVERAGE] / LINKED)
    linked = {name for name, count in counts.items() if count}
    return {
        "without": score_case(case, inputs, counts.keys() - linked),
        "with": score_case(case, inputs, linked),
    }
