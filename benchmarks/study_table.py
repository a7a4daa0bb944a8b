"""The tables of a study as Markdown, from what `cdkd study --json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.table import as_markdown
from cdkd_kg.study.tables import of_scores, overview


def study_table(results: Mapping[str, Any]) -> str:
    """Return the score of every student, one row a case and domain, then one row a question."""
    scores = of_scores(results)
    return f"{scores.caption}.\n\n{as_markdown(scores)}\n\n{as_markdown(overview(results))}\n"
