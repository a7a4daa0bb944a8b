"""The table of benchmarks/startup.py as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def startup_table(results: Mapping[str, Any]) -> str:
    """Return one row a command, the fastest first."""
    found = results["median_seconds"]
    lines = [
        f"Median of {results['rounds']} rounds, all commands in turn.",
        "",
        "| command | seconds |",
        "| --- | ---: |",
    ]
    lines += [f"| {name} | {seconds:.2f} |" for name, seconds in sorted(found.items(), key=lambda item: item[1])]
    return "\n".join(lines) + "\n"
