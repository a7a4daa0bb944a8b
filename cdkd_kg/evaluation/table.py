"""Tables as Markdown, for pages that are redrawn from results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.view import Cell, Table, domain_title, domains_of, metrics_of, ordered
from cdkd_kg.evaluation.words import NOTHING, condition_name, in_text, number, plural, span


def markdown_table(results: Mapping[str, Any]) -> str:
    """Return the scores of every student on every domain as Markdown: one table a task.

    Cells hold the mean over seeds and, in brackets, its 95 % bootstrap interval over test documents.

    Args:
        results: the content of ``results.json``.
    """
    results = ordered(results)
    return "\n\n".join(_table(results, task) for task in results["students"]) + "\n"


def as_markdown(table: Table) -> str:
    """Return a table of a page as Markdown, without its caption; the smaller line of a cell follows in brackets."""
    align = ["---" if not place or place in table.words else "---:" for place in range(len(table.columns))]
    lines = [_row(list(map(_words, table.columns))), f"| {' | '.join(align)} |"]
    return "\n".join(lines + [_row(list(map(_words, row))) for row in table.rows])


def plain(text: str) -> str:
    """Return ``text`` on one line, with every sign escaped that means something in Markdown."""
    for mark in "\\`*_<>[]|":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def _words(cell: Cell | str) -> str:
    if isinstance(cell, str):
        return cell
    return f"{cell.text} ({cell.detail})" if cell.detail else cell.text


def _table(results: Mapping[str, Any], task: str) -> str:
    students, metrics = results["students"][task], metrics_of(results, task)
    if not metrics:
        return f"{plain(task)}: no domain has labelled test rows."
    head = ["domain", "test documents", *(condition_name(name) for name in students)]
    lines = [_row(head), _row(["---", *["---:"] * (len(head) - 1)])]
    for domain in domains_of(results, task):
        entries = [found.get(domain, {}) for found in students.values()]
        count = max((entry.get("n", 0) for entry in entries), default=0)
        cells = [_score(entry, metrics[0]) for entry in entries]
        lines.append(_row([domain_title(results, domain), f"{count:,}" if count else "no test rows", *cells]))
    about = (
        f"{plain(task)}: {in_text(metrics[0])} in %, mean of {plural(len(results['seeds']), 'seed')}, "
        "in brackets the 95 % interval over test documents."
    )
    return "\n".join([about, "", *lines])


def _score(entry: Mapping[str, Any], metric: str) -> str:
    if not entry.get("n"):
        return NOTHING
    score = entry["scores"][metric]
    return f"{number(100 * score['mean'])} ({span(score['low'], score['high'])})"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(map(plain, cells)) + " |"
