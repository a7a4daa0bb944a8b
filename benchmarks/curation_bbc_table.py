"""The tables of benchmarks/curation_bbc.py as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHOWN = 10


def curation_bbc_table(results: Mapping[str, Any]) -> str:
    """Return a row a student, and the decisions that relabelled most documents."""
    found = results["compared"]
    after = found["runs"]["after"]
    lines = [
        f"{after['decisions']} decisions; means of {len(after['seeds'])} seeds, in points of accuracy on test texts.",
        "",
        "| domain | student of | before | after | change | 95 % interval | p (Holm) |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in found["scores"]:
        values = " | ".join(f"{100 * row[name]:.1f}" for name in ("before", "after"))
        interval = f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f}"
        lines.append(
            f"| {row['domain']} | {row['condition'].replace('_', ' ')} | {values} | {100 * row['difference']:+.1f} | "
            f"{interval} | {row['p']:.3f} |"
        )
    lines += ["", "| what the student is taught | documents | moved | relabelled |", "| --- | ---: | ---: | ---: |"]
    lines += [_moved(row["domain"], row) for row in found["signals"]]
    lines += [_moved("documents that decisions reach", found["reached"]), _moved("all others", found["elsewhere"])]
    lines += [_moved(row["label"].replace("|", "\\|"), row) for row in found["decisions"][:SHOWN]]
    return "\n".join(lines) + "\n"


def _moved(name: str, row: Mapping[str, Any]) -> str:
    return f"| {name} | {row['documents']:,} | {row['moved']:.3f} | {row['relabelled']:,} |"
