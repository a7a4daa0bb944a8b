"""The table of benchmarks/tail.py as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

BASELINE = "as it is"


def tail_table(results: Mapping[str, Any]) -> str:
    """Return one row a change: the median of a single call, and of each rate the 99th percentile beside that."""
    rounds = results["changes"]
    shares = [name for name in next(iter(rounds.values()))[0] if name != "single"]
    lines = [
        f"Medians (and extremes) of {results['rounds']} rounds of {results['seconds']:g} s, all in turn; of a capacity "
        f"of {results['capacity']:,.0f} calls/s.",
        "",
        "| the service | p50 of a single call, ms | "
        + " | ".join(f"p99 at {share} beside that" for share in shares)
        + " |",
        "| --- | ---: |" + " ---: |" * len(shares),
    ]
    for name, told in sorted(rounds.items(), key=lambda one: one[0] != BASELINE):
        single = median(one["single"]["p50_ms"] for one in told)
        ratios = [[one[share]["p99_ms"] / one["single"]["p50_ms"] for one in told] for share in shares]
        each = " | ".join(f"{median(some):.1f} x ({min(some):.1f} to {max(some):.1f})" for some in ratios)
        lines.append(f"| {name} | {single:.1f} | {each} |")
    return "\n".join(lines) + "\n"
