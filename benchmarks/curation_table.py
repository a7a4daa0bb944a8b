"""The table of benchmarks/curation.py as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NEVER = {
    "SIGKILLs while decisions were taken": "a decision lost, or there in half",
    "combinations of headers of other sites": "something written",
    "decisions of 8 writers at the same time": "a decision lost",
    "hosts by other names": "something written or told",
    "payloads in every field of the page, in Chromium": "something run",
    "requests made from the description, at most": "a failure (5xx), or an answer that is not described",
}


def curation_table(results: Mapping[str, Any]) -> str:
    """Return one row a figure, and the times of the search."""
    lines = ["| what was tried | how many | what never happened |", "| --- | ---: | --- |"]
    lines += [f"| {name} | {count:,} | {NEVER[name]} |" for name, count in sorted(results["figures"].items())]
    tests = "{passed:,} tests passed, {failed:,} failed, {skipped:,} were skipped.".format(**results)
    search = results["search"]
    lines += ["", tests, "", f"| names found while typed, of {search['names']:,} | median | worst |"]
    lines += ["| --- | ---: | ---: |"]
    for name, took in search["milliseconds"].items():
        lines.append(f"| {name} | {took['median']:.1f} ms | {took['worst']:.1f} ms |")
    return "\n".join(lines) + "\n"
