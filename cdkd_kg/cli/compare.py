"""``cdkd compare``: what changed from one run to another, and which decisions of people did it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cdkd_kg.cli.console import print_table


def compare_cli(
    before: Annotated[Path, typer.Argument(help="The folder of a run, such as runs/topics.")],
    after: Annotated[Path, typer.Argument(help="The folder of another, such as one with decisions.")],
    rows: Annotated[int, typer.Option(min=1, help="How many decisions at most.")] = 20,
    json_output: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Say for each domain what changed in the students' answers, and which decisions changed most of the teaching."""
    from cdkd_kg.evaluation.between_runs import compare_runs

    found = compare_runs(before, after)
    if json_output:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        _show(found, rows)


def _show(found: Mapping[str, Any], most: int) -> None:
    for name, run in found["runs"].items():
        seeds = len(run["seeds"])
        typer.echo(
            f"{name}: {run['folder']}, {seeds} seed{'s' * (seeds != 1)}, {run['decisions']:,} decisions of people"
        )
    if found["settings"]:
        typer.echo(f"These settings differ, too, and may explain what changed: {', '.join(found['settings'])}.")
    print_table(
        ["task", "domain", "student of", "metric", "before", "after", "change", "95 % interval", "p (Holm)"],
        [_score(row) for row in found["scores"]],
        "The students on test documents, in points",
    )
    print_table(
        ["task", "domain", "documents", "moved", "relabelled"],
        [[row["task"], row["domain"], *_counts(row)] for row in found["signals"]],
        "What the students are taught, in the mean over seeds",
    )
    if found["decisions"]:
        print_table(
            ["decision", "who", "", "documents", "moved", "relabelled"],
            [[row["label"], row["who"], row["state"], *_counts(row)] for row in found["decisions"][:most]],
            "The decisions that relabelled most documents",
        )
        parts = [["all documents of these decisions", *_counts(found["reached"])]]
        parts.append(["all other documents", *_counts(found["elsewhere"])])
        print_table(["", "documents", "moved", "relabelled"], parts)


def _score(row: Mapping[str, Any]) -> list[str]:
    points = [f"{100 * row[name]:.1f}" for name in ("before", "after")]
    interval = f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f}"
    change = f"{100 * row['difference']:+.1f}"
    return [row["task"], row["domain"], row["condition"], row["metric"], *points, change, interval, f"{row['p']:.3g}"]


def _counts(row: Mapping[str, Any]) -> list[str]:
    return [f"{row['documents']:,}", f"{row['moved']:.3f}", f"{row['relabelled']:,}"]
