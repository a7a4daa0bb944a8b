"""``cdkd data``: the fetchable sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cdkd_kg.cli.console import table_console

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_cli(
    as_json: Annotated[bool, typer.Option("--json", help="Everything the manifest says, as JSON.")] = False,
) -> None:
    """List the fetchable sets: kind, size, licence, and whether they are in the cache."""
    from cdkd_kg.data.fetch import archive_path
    from cdkd_kg.data.manifest import load_manifest

    entries = load_manifest()
    here = {name: entry.registry != "hub" and archive_path(entry).is_file() for name, entry in entries.items()}
    if as_json:
        sets = [entry.model_dump(mode="json") | {"cached": here[name]} for name, entry in entries.items()]
        typer.echo(json.dumps(sets, indent=1, ensure_ascii=False))
        return
    from rich.table import Column, Table

    table = Table("name", "kind", "what", "licence", "MB", Column("from", overflow="fold"))
    for name, entry in entries.items():
        size = "by hub revision" if entry.bytes is None else f"{entry.bytes / 1e6:.1f}{' (here)' if here[name] else ''}"
        table.add_row(name, entry.kind, entry.description, entry.licence, size, entry.source)
    table_console().print(table)


@app.command("get")
def get_cli(names: Annotated[list[str], typer.Argument(help="Names of `cdkd data list`.")]) -> None:
    """Fetch sets into the cache, check them, and print where they lie."""
    from rich.console import Console

    from cdkd_kg.data.manifest import find

    for name in names:
        find(name)
    for name in names:
        with Console(stderr=True).status(f"fetching {name}"):
            place = get(name)
        typer.echo(f"{name}\t{place}")


def get(name: str) -> Path:
    """Return where a set lies: the archive of a corpus, the N-Triples of a vocabulary, the folder of a model."""
    from cdkd_kg.data.fetch import fetch
    from cdkd_kg.data.manifest import find
    from cdkd_kg.data.models import model_folder
    from cdkd_kg.data.vocabularies import vocabulary_file

    kind = find(name).kind
    if kind == "vocabulary":
        return vocabulary_file(name)
    return (kind == "model" and model_folder(name)) or fetch(name)
