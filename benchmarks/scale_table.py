"""The table of benchmarks/scale.py as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def scale_table(results: Mapping[str, Any]) -> str:
    """Return one row a measurement."""
    found = results["results"]
    load, (first, again), texts = found["load"], found["names"], found["texts"]
    memory = "; ".join(f"{mib:,} after {count:,}" for count, mib in texts["resident_mib"])
    rows = [
        (f"load {load['triples']:,} N-Triples into a folder", load["seconds"], f"{load['peak_mib']:,} at most"),
        ("show one entity of it", load["show_seconds"], "-"),
        (f"pipeline with {first['names']:,} names, the first time", first["seconds"], f"{first['peak_mib']:,} at most"),
        ("the same, again", again["seconds"], f"{again['peak_mib']:,} at most"),
        (f"entity stage, {texts['documents']:,} texts of 20 words", texts["seconds"], memory),
    ]
    head = ["| what | seconds | memory, MiB |", "| --- | ---: | ---: |"]
    return "\n".join([*head, *(f"| {what} | {seconds:,.1f} | {mib} |" for what, seconds, mib in rows)]) + "\n"
