"""The table of benchmarks/graph_teacher.py as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PEER = "bare PyG"


def graph_teacher_table(results: Mapping[str, Any]) -> str:
    """Return one row a size and way of training."""
    rows = results["rows"]
    peers = {row["edges"]: row["seconds"] for row in rows if row["case"] == PEER}
    lines = [
        "| edges | training | seconds an epoch | beside bare PyG | µs an edge | memory beyond the graph, MiB |",
        "| ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        edges, seconds = row["edges"], row["seconds"]
        ratio = f"{seconds / peers[edges]:.2f} x" if edges in peers else "-"
        each = f"{1e6 * seconds / edges:.2f}"
        lines.append(f"| {edges:,} | {row['case']} | {seconds:.2f} | {ratio} | {each} | {row['mib']:,.0f} |")
    return "\n".join(lines) + "\n"
