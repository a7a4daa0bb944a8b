"""The tables of a study as Markdown, from what `cdkd study --json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.table import as_markdown
from cdkd_kg.study.tables import of_curves, of_scores, overview


def study_table(results: Mapping[str, Any]) -> str:
    """Return a table with a row a case and domain, one with a row a question, and one with a row a label budget."""
    tables = [of_scores(results), overview(results)]
    if any(len(curve["points"]) > 1 for curve in results["curves"]["budget"]):
        tables.append(of_curves(results, "budget"))
    drawn = [f"{table.caption}.\n\n{as_markdown(table)}" for table in tables]
    return "\n\n".join(drawn) + "\n"
