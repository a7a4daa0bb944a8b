"""The table of benchmarks/bad_input.py as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def bad_input_table(results: Mapping[str, Any]) -> str:
    """Return one row a hostile input, then one row an odd graph, and below them what a harmless file costs."""
    cases = results["cases"]
    hostile = [one for one in cases if one["command"] == "endpoint" or "." in one["input"]]
    odd: dict[str, list[Mapping[str, Any]]] = {}
    for one in cases:
        if one not in hostile:
            odd.setdefault(one["input"], []).append(one)
    lines = [
        "| command | input | what happened | seconds | MB | what it says |",
        "| --- | --- | --- | ---: | ---: | --- |",
        *map(_hostile_row, hostile),
    ]
    if odd:
        lines += [
            "",
            "| odd graph | taken by | refused by | slowest | MB at most |",
            "| --- | --- | --- | --- | ---: |",
        ]
    lines += [_odd_row(name, odd[name]) for name in odd]
    starts = {one["command"]: one["seconds"] for one in reversed(cases) if "harmless" in one["input"]}
    said = ", ".join(f"{name} {starts[name]:.1f}" for name in sorted(starts))
    broken = sum(bool(one["breaks"]) for one in cases)
    lines += ["", f"{len(cases)} cases, {broken} of which break the promise."]
    lines += ["", f"Seconds are those beyond the same command on a harmless file, which takes (s): {said}."]
    return "\n".join(lines) + "\n"


def _hostile_row(one: Mapping[str, Any]) -> str:
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in one["message"])
    message = shown[:110].replace("|", "\\|").replace("<", "&lt;")
    figures = f"{one['beyond_start']:.1f} | {one['megabytes']}"
    return f"| {one['command']} | {one['input']} | {one['ended']}{_breaks(one)} | {figures} | {message} |"


def _odd_row(name: str, cases: Sequence[Mapping[str, Any]]) -> str:
    taken = ", ".join(one["command"] + _breaks(one) for one in cases if one["ended"] == "taken")
    others = ", ".join(one["command"] + _breaks(one) for one in cases if one["ended"] != "taken")
    slowest = max(cases, key=lambda one: one["beyond_start"])
    figures = f"{slowest['command']}, {slowest['beyond_start']:.1f} s | {max(one['megabytes'] for one in cases)}"
    return f"| {name} | {taken} | {others} | {figures} |"


def _breaks(one: Mapping[str, Any]) -> str:
    return f" (**{one['breaks']}**)" if one["breaks"] else ""
