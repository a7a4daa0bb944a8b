"""The table of benchmarks/bad_input.py as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def bad_input_table(results: Mapping[str, Any]) -> str:
    """Return one row a case, and below them what the commands cost on a harmless file."""
    cases = results["cases"]
    lines = [
        "| command | input | what happened | seconds | MB | what it says |",
        "| --- | --- | --- | ---: | ---: | --- |",
    ]
    for one in cases:
        happened = one["ended"] + (f" (**{one['breaks']}**)" if one["breaks"] else "")
        message = one["message"][:110].replace("|", "\\|").replace("<", "&lt;")
        figures = f"{one['beyond_start']:.1f} | {one['megabytes']}"
        lines.append(f"| {one['command']} | {one['input']} | {happened} | {figures} | {message} |")
    starts = {one["command"]: one["seconds"] for one in reversed(cases) if "harmless" in one["input"]}
    said = ", ".join(f"{name} {starts[name]:.1f}" for name in sorted(starts))
    broken = sum(bool(one["breaks"]) for one in cases)
    lines += ["", f"{len(cases)} cases, {broken} of which break the promise."]
    lines += ["", f"Seconds are those beyond the same command on a harmless file, which takes (s): {said}."]
    return "\n".join(lines) + "\n"
