"""``study.json``: the answers of a study, its curves, and what was run; the report is drawn from it."""

from __future__ import annotations

import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from cdkd_kg.artifacts import MANIFEST, canonical_json, read_json, write_json, write_text
from cdkd_kg.evaluation.answered import RESULTS
from cdkd_kg.evaluation.speed import device_name
from cdkd_kg.pipeline.provenance import code_commit, provenance
from cdkd_kg.pipeline.publish import REPORT
from cdkd_kg.pipeline.run import LIBRARIES
from cdkd_kg.study.answers import Answers
from cdkd_kg.study.config import Study
from cdkd_kg.study.coverage import PARTS, by_coverage
from cdkd_kg.study.curves import budget_curves, coverage_curves, dropped_curves
from cdkd_kg.study.plan import Planned
from cdkd_kg.study.questions import answer
from cdkd_kg.study.report import render_study
from cdkd_kg.study.scores import Scored, score_case
from cdkd_kg.study.tables import markdown_tables

STUDY, PAGE, TABLES = "study.json", "study.html", "tables.md"


def study_results(
    study: Study, planned: Sequence[Planned], command: Sequence[str], answers: Answers | None = None
) -> dict[str, Any]:
    """Return the content of ``study.json``, from the answers of all students.

    Args:
        study: the study.
        planned: the cases of the study, all or a slice.
        command: how the study was started.
        answers: what is kept of all of these cases; without it all of them were run here.
    """
    scored: list[Scored] = []
    parts: dict[str, list[Scored]] = defaultdict(list)
    for one in planned:
        if answers:
            scored += answers.scored(one.case)
            for part, found in answers.by_coverage(one.case).items():
                parts[part] += found
            continue
        inputs = {name: job.folder(one.cache) for name, job in one.evaluation.needs.items()}
        scored += score_case(one.case, inputs)
        for part, found in by_coverage(one.case, inputs).items():
            parts[part] += found
    reported = [one.case for one in planned if (one.case.config.folder / RESULTS).is_file()]
    runs = [read_json(case.config.folder / RESULTS) for case in reported]
    return {
        "name": study.config.name,
        "seeds": list(planned[0].case.config.seeds),
        "cases": [
            {
                "name": one.case.name,
                "choices": dict(one.case.choices),
                "report": f"{one.case.name}/{REPORT}" if one.case in reported else "",
            }
            for one in planned
        ],
        "whole": len(planned) == _size(study) and planned[0].case.config.seeds == study.config.seeds,
        "scores": [score_of(entry) for entry in scored],
        "questions": answer(study.config.questions, scored),
        "curves": {
            "budget": budget_curves(study.config, scored),
            "dropped": dropped_curves(study.config, scored),
            "coverage": coverage_curves(study.config, [(PARTS[part], parts[part]) for part in PARTS if part in parts]),
        },
        "warnings": [f"{run['name']}: {warning}" for run in runs for warning in run["warnings"]],
        "config": study.config.model_dump(mode="json"),
        "base": _as_written(study),
        **provenance(command, LIBRARIES, device_name()),
        **(answers.about([one.case for one in planned]) if answers else _about(planned)),
    }


def _as_written(study: Study) -> dict[str, Any]:
    """Return the base with what the environment said put back as its names: results are read on other machines."""
    text = canonical_json(study.base.model_dump(mode="json"))
    written = (study.file.parent / study.config.base).read_text("utf-8")
    for name in sorted(set(re.findall(r"\$\{oc\.env:(\w+)", written))):
        if value := os.environ.get(name):
            text = text.replace(json.dumps(value, ensure_ascii=False)[1:-1], f"${{oc.env:{name}}}")
    return dict(json.loads(text))


def score_of(entry: Scored) -> dict[str, Any]:
    """Return the mean over seeds of every student at one place."""
    place = entry.place
    return {
        "case": place.case,
        "choices": dict(place.choices),
        "task": place.task,
        "domain": place.domain,
        "role": place.role,
        "documents": entry.documents,
        "metric": entry.metric,
        "students": {name: round(sum(seeds) / len(seeds), 6) for name, seeds in entry.seeds.items()},
    }


def write_study(study: Study, results: Mapping[str, Any]) -> None:
    """Write ``study.json``, ``tables.md`` and ``study.html`` in the place of older ones.

    The page is drawn first. Then the old one goes first and the new one comes last, so that where this is cut short it
    is missing rather than of another state.
    """
    page, tables = render_study(results), markdown_tables(results)
    for name in (PAGE, TABLES):
        (study.folder / name).unlink(missing_ok=True)
    write_json(study.folder / STUDY, results)
    write_text(study.folder / TABLES, tables)
    write_text(study.folder / PAGE, page)


def _size(study: Study) -> int:
    size = 1
    for choices in study.config.vary.values():
        size *= len(choices)
    return size


def _about(planned: Sequence[Planned]) -> dict[str, Any]:
    """Return the commit, and how many jobs of each stage there are and their seconds, whenever that was."""
    once = {job.fingerprint: job for one in planned for job in one.jobs}
    jobs: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    cache = planned[0].cache
    for job in once.values():
        jobs[job.stage] += 1
        seconds[job.stage] += read_json(job.folder(cache) / MANIFEST)["about"].get("seconds", 0)
    work = {stage: {"jobs": jobs[stage], "seconds": round(seconds[stage], 2)} for stage in jobs}
    return {"work": work, "git": code_commit()}
