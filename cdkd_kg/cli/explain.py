"""``cdkd explain``: what the teachers of a run said of one document, and what moved them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cdkd_kg.cli.console import print_table

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
    typer.echo(f"{found['document']}: {_beginning(found['text'])}")
    known = f" It taught as {', '.join(found['label']) or 'none of the labels'}." if found["label"] is not None else ""
    typer.echo(f"Together: {_likeliest(found['fused'])}.{known}")
    print_table(
        ["expert", "says", "weight", "brings"],
        [
            [one["name"], _likeliest(one["says"]), f"{one['weight']:.2f}", f"{one['brings']:+.2f}"]
            for one in sorted(found["experts"], key=lambda one: -abs(one["brings"]))
        ],
        "What each expert said, and brought to the log-odds of the first label over the second",
    )
    if teachers := found["domain_teachers"]:
        rows = [[name, f"{weight:.2f}"] for name, weight in teachers.items()]
        print_table(["teacher of", "weight"], rows, "The text teachers of the domains, which are one expert together")
    if entities := found["entities"]:
        rows = [[one["entity"], f"{one['weight']:.2f}", ", ".join(one["votes"]) or "-"] for one in entities]
        title = "Its entities, and the labels whose concepts they are kinds of"
        print_table(["entity", "weight", "votes for"], rows, title)
    if documents := found["documents"]:
        rows = [[one["document"], f"{one['influence']:.3f}", _believed(one)] for one in documents]
        title = "The documents whose labels and beliefs reached it most"
        print_table(["document", "influence", "label, or belief"], rows, title)


def _believed(one: Mapping[str, Any]) -> str:
    return str(one["label"]) if one["known"] else f"{one['label']}? ({one['probability']:.0%})"


def _likeliest(shares: Mapping[str, float]) -> str:
    best = sorted(shares, key=lambda label: (-shares[label], label))[:SHOWN]
    return ", ".join(f"{label} {shares[label]:.0%}" for label in best)


def _beginning(text: str, most: int = 200) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else f"{words[:most].rsplit(' ', 1)[0]} ..."
