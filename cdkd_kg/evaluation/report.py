"""The report of a run: one HTML file without a script, a font or a picture from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.page import render_page
from cdkd_kg.evaluation.sections import errors, inputs, run, scores, training
from cdkd_kg.evaluation.view import Section, ordered
from cdkd_kg.evaluation.words import plural


def render_report(results: Mapping[str, Any]) -> str:
    """Return the report of a run as one HTML page.

    The first paragraph is the verdict; then come the picture of the scores and the tables. All text is escaped
    by the template engine; the figures are SVG inside the page.

    Args:
        results: the content of ``results.json``.
    """
    results = ordered(results)
    found = results["warnings"]
    return render_page(
        title=f"{results['name']}: was the knowledge graph worth it?",
        verdicts=list(results["verdict"].values()),
        facts=[
            plural(len(results["corpus"]), "domain"),
            plural(len(results["seeds"]), "seed"),
            f"run of {str(results['created'])[:10]}",
        ],
        warned=plural(len(found), "warning") if found else "",
        sections=sections_of(results),
    )


def sections_of(results: Mapping[str, Any]) -> list[Section]:
    """Return the sections of the report, in reading order."""
    found = [
        scores.at_a_glance(results),
        scores.compared(results),
        scores.in_full(results),
        scores.before_and_after(results),
        errors.mistakes(results),
        errors.calibration(results),
        training.teachers(results),
        training.training(results),
        inputs.graph(results),
        inputs.corpus(results),
        run.sizes(results),
        run.warnings(results),
        run.run(results),
        run.glossary(),
    ]
    return [section for section in found if section is not None]
