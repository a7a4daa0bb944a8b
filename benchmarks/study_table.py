"""The tables of a study as Markdown, from what `cdkd study --json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.table import as_markdown
from cdkd_kg.evaluation.view import Cell, Table, empty
from cdkd_kg.evaluation.words import condition_name, percent, plural
from cdkd_kg.study.tables import markdown_tables, overview

Found = Mapping[str, Any]


def study_table(results: Found) -> str:
    """Return the score of every student a question is about, one row a case and domain, then the answers."""
    conditions = results["base"]["evaluation"]["conditions"] if "evaluation" in results["base"] else []
    overridden = results["config"]["overrides"].get("evaluation", {}).get("conditions", conditions)
    scores: dict[tuple[str, ...], dict[str, float]] = {}
    for question in results["questions"]:
        for row in question["rows"]:
            place = (*row["choices"].values(), row["domain"], f"{row['documents']:,}")
            mine = scores.setdefault(place, {})
            mine |= {question["a"]: row["score_a"], question["b"]: row["score_b"]}
    asked = {name for mine in scores.values() for name in mine}
    shown = [name for name in overridden if name in asked]
    rows: list[list[Cell | str]] = [
        [*place, *(percent(mine[name]) if name in mine else empty() for name in shown)]
        for place, mine in scores.items()
    ]
    dimensions = list(results["config"]["vary"])
    columns = [*dimensions, "domain", "test documents", *(condition_name(name) for name in shown)]
    table = Table("", columns, rows, frozenset(range(len(dimensions) + 1)))
    return (
        f"Accuracy in %, mean of {plural(len(results['seeds']), 'seed')}.\n\n{as_markdown(table)}\n\n{answers(results)}"
    )


def answers(results: Found) -> str:
    """Return one row a question."""
    return as_markdown(overview(results)) + "\n"


def study_rows(results: Found) -> str:
    """Return a table a question: one row a case and domain, with intervals."""
    return markdown_tables(results)
