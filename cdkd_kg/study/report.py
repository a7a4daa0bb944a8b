"""``study.html``: the verdicts first, then the tables, the figures, and what was run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cdkd_kg.evaluation.page import render_page
from cdkd_kg.evaluation.sections import run
from cdkd_kg.evaluation.sections.scores import ONE_SEED
from cdkd_kg.evaluation.view import Block, Bullets, Cell, Heading, Listing, Paragraph, Picture, Section, Table, empty
from cdkd_kg.evaluation.words import plural
from cdkd_kg.study.plots import gains
from cdkd_kg.study.questions import MET
from cdkd_kg.study.tables import CURVES, FEW_PAIRS, of_curves, of_question, of_scores, overview, sentence

Found = Mapping[str, Any]
HOW = (
    "Each row compares two students on the same test documents, their scores averaged over seeds. Its interval is of "
    "a paired bootstrap over documents, and its p is not corrected: rows are there to see how cases differ. A question "
    "is answered by the last row, the mean over domain pairs, whose bootstrap draws pairs and documents; over all "
    "questions of the study its p is Holm-corrected. Chance in training is not in the intervals: see the seeds ahead."
)
VERDICTS = (
    "Met: the gain is as large as was asked for, its interval lies above 0, and its corrected p is below 0.05. "
    "Not met: it is smaller. Not shown: it is large enough, but may be chance."
)
SLICE = "This is a part of the study: not all of its cases or seeds were run."


def render_study(results: Found) -> str:
    """Return the page of a study.

    Args:
        results: the content of ``study.json``.
    """
    questions, warnings = results["questions"], results["warnings"]
    met = sum(found["verdict"] == MET for found in questions)
    text = f"{met} of {plural(len(questions), 'question')} {'is' if met == 1 else 'are'} met."
    return render_page(
        title=f"{results['name']}: was the knowledge graph worth it?",
        verdicts=[{"text": text if results["whole"] else f"{text} {SLICE}", "helped": met == len(questions)}],
        facts=[plural(len(results["cases"]), "case"), plural(len(results["seeds"]), "seed"), results["created"][:10]],
        warned=plural(len(warnings), "warning") if warnings else "",
        sections=_sections(results),
    )


def _sections(results: Found) -> list[Section]:
    first: list[Block] = [overview(results), Paragraph(VERDICTS), Paragraph(HOW, note=True)]
    found = [
        Section("questions", "The questions", first),
        Section("scores", "The students", [of_scores(results)]),
        Section("answers", "The answers", _answers(results)),
        *(Section(kind, CURVES[kind][0], _curves(results, kind)) for kind in CURVES),
        Section("cases", "The cases", [_cases(results)]),
    ]
    if results["warnings"]:
        found.append(Section("warnings", "Warnings", [Bullets(results["warnings"])]))
    config = json.dumps({key: results[key] for key in ("config", "base")}, indent=1, ensure_ascii=False)
    blocks: list[Block] = [run.facts(results), _work(results), run.versions(results), Listing("Study and base", config)]
    return [*found, Section("run", "What was run", blocks)]


def _answers(results: Found) -> list[Block]:
    blocks: list[Block] = []
    for found in results["questions"]:
        blocks += [Heading(found["name"]), of_question(found) if found["rows"] else Paragraph(sentence(found))]
    if len(results["seeds"]) == 1:
        blocks.append(Paragraph(ONE_SEED, note=True))
    pairs = [found["mean"]["pairs"] for found in results["questions"] if found["mean"]]
    if pairs and min(pairs) < FEW_PAIRS:
        blocks.append(
            Paragraph(
                f"Where there are fewer than {FEW_PAIRS} domain pairs, the interval says little about other pairs.",
                note=True,
            )
        )
    return blocks


def _curves(results: Found, kind: str) -> list[Block]:
    title, at, nothing = CURVES[kind]
    curves = results["curves"][kind]
    if not curves:
        return [Paragraph(nothing)]
    picture = Picture(gains(curves, at, f"{title} in {results['name']}"), f"{of_curves(results, kind).caption}.")
    return [picture, replace(of_curves(results, kind), caption="Gain in points")]


def _cases(results: Found) -> Table:
    dimensions = list(results["cases"][0]["choices"])
    rows: list[list[Cell | str]] = [
        [case["name"], *case["choices"].values(), case["report"] or empty()] for case in results["cases"]
    ]
    columns = ["Run", *dimensions, "Report"]
    return Table("One run a case, each with a report of its own", columns, rows, frozenset(range(len(columns))))


def _work(results: Found) -> Table:
    rows = [
        [stage.replace("_", " "), f"{about['jobs']:,}", run.duration(about["seconds"])]
        for stage, about in results["work"].items()
    ]
    return Table("Stages, whenever they ran", ["Stage", "Jobs", "Time"], rows)
