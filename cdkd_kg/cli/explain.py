"""``cdkd explain``: what the teachers of a run said of one document, and what moved them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cdkd_kg.cli.console import table_console

if TYPE_CHECKING:
    from rich.table import Table

SHOWN = 3
"""So many labels an expert: the likeliest."""


def explain_cli(
    config: Annotated[Path, typer.Argument(help="A configuration whose run is made.")],
    document: Annotated[str, typer.Argument(help="domain/id of a training or validation document.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, as they were for the run.")] = None,
    seed: Annotated[int | None, typer.Option(help="One of the run's seeds; the first unless given.")] = None,
    condition: Annotated[str, typer.Option(help="Whose teacher.")] = "graph_teacher",
    json_output: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Say what text said, what the graph said, what was fused, and which entities and documents moved it."""
    from cdkd_kg.config import load_config
    from cdkd_kg.pipeline.explain import explain

    found = explain(load_config(config, overrides or []), document, seed, condition)
    if json_output:
        typer.echo(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False))
    else:
        _show(found)


def _show(found: Mapping[str, Any]) -> None:
    console = table_console()
    typer.echo(f"{found['document']}: {_beginning(found['text'])}")
    known = f" It taught as {', '.join(found['label']) or 'none of the labels'}." if found["label"] is not None else ""
    typer.echo(f"Together: {_likeliest(found['fused'])}.{known}")
    experts = [
        [one["name"], _likeliest(one["says"]), f"{one['weight']:.2f}", f"{one['brings']:+.2f}"]
        for one in sorted(found["experts"], key=lambda one: -abs(one["brings"]))
    ]
    console.print(
        _table(
            "What each expert said, and brought to the log-odds of the first label over the second",
            ["expert", "says", "weight", "brings"],
            experts,
        )
    )
    if found["entities"]:
        entities = [
            [one["entity"], f"{one['weight']:.2f}", ", ".join(sorted(one["votes"], key=one["votes"].get)) or "-"]
            for one in found["entities"]
        ]
        console.print(
            _table(
                "Its entities, and the labels whose concepts they are kinds of",
                ["entity", "weight", "votes for"],
                entities,
            )
        )
    if found["documents"]:
        documents = [
            [
                one["document"],
                f"{one['influence']:.3f}",
                one["label"] if one["known"] else f"{one['label']}? ({one['probability']:.0%})",
            ]
            for one in found["documents"]
        ]
        console.print(
            _table(
                "The documents whose labels and beliefs reached it most",
                ["document", "influence", "label, or belief"],
                documents,
            )
        )


def _table(title: str, columns: list[str], rows: list[list[str]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title)
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _likeliest(shares: Mapping[str, float]) -> str:
    best = sorted(shares, key=lambda label: (-shares[label], label))[:SHOWN]
    return ", ".join(f"{label} {shares[label]:.0%}" for label in best)


def _beginning(text: str, most: int = 200) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else f"{words[:most].rsplit(' ', 1)[0]} ..."
