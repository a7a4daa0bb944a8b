"""The Markdown table that pages are redrawn from."""

from __future__ import annotations

from typing import Any

from cdkd_kg.evaluation.table import markdown_table


def test_one_table_a_task_with_every_student(results: dict[str, Any]) -> None:
    diseases, topics = _tables(results)
    assert topics[0].startswith("topics: accuracy in %, mean of 3 seeds")
    assert diseases[0].startswith("disease groups: micro-F1 in %")
    heads = (
        "| domain | test documents | no distillation | text teacher | graph teacher | shuffled graph | similar text |"
    )
    assert topics[2] == heads
    assert len({line.count("|") for line in topics[2:]}) == 1


def _tables(results: dict[str, Any]) -> list[list[str]]:
    lines = markdown_table(results).splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("topics"))
    return [lines[: start - 1], lines[start:]]


def test_cells_hold_mean_and_interval(results: dict[str, Any]) -> None:
    score = results["students"]["topics"]["graph_teacher"]["bbc"]["scores"]["accuracy"]
    cell = f"{100 * score['mean']:.1f} ({100 * score['low']:.1f} to {100 * score['high']:.1f})"
    row = next(line for line in markdown_table(results).splitlines() if line.startswith("| bbc"))
    assert row.split(" | ")[1:5:3] == ["400", cell]


def test_a_domain_without_test_rows_says_so(results: dict[str, Any]) -> None:
    row = next(line for line in markdown_table(results).splitlines() if "newsgroups" in line)
    assert "no test rows" in row


def test_marks_of_markdown_in_names_are_escaped(results: dict[str, Any]) -> None:
    results["corpus"]["a|b_<i>"] = results["corpus"].pop("bbc")
    for found in results["students"]["topics"].values():
        found["a|b_<i>"] = found.pop("bbc")
    assert "| a\\|b\\_\\<i\\> (target domain) |" in markdown_table(results)
