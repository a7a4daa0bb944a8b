"""Redraw every table in README.md and docs/ that stands between result marks, from results/*.json.

    python -m benchmarks.tables            redraw
    python -m benchmarks.tables --check    exit 1 when a table is not what results/ says

A mark is `<!-- results: NAME -->` before and `<!-- end of results -->` after; NAME is a file in results/.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.bad_input_table import bad_input_table
from benchmarks.curation_bbc_table import curation_bbc_table
from benchmarks.curation_table import curation_table
from benchmarks.distillation_table import distillation_table
from benchmarks.graph_table import graph_table
from benchmarks.graph_teacher_table import graph_teacher_table
from benchmarks.inference_table import inference_table
from benchmarks.link_prediction_table import link_prediction_table
from benchmarks.linking_table import linking_table
from benchmarks.peers_table import peers_table
from benchmarks.scale_table import scale_table
from benchmarks.startup_table import startup_table
from benchmarks.study_table import study_table
from benchmarks.tail_table import tail_table
from cdkd_kg.artifacts import read_json, write_text
from cdkd_kg.evaluation.table import markdown_table
from cdkd_kg.study.tables import markdown_tables

ROOT = Path(__file__).parents[1]
BENCHMARKS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "bad_input": bad_input_table,
    "curation": curation_table,
    "curation_bbc": curation_bbc_table,
    "distillation": distillation_table,
    "graph": graph_table,
    "graph_teacher": graph_teacher_table,
    "inference": inference_table,
    "link_prediction": link_prediction_table,
    "linking": linking_table,
    "peers": peers_table,
    "scale": scale_table,
    "startup": startup_table,
    "tail": tail_table,
}
ROWS = "rows"
"""``NAME-rows`` is the long form of a study: a table a question."""
MARK = re.compile(r"(<!-- results: ([a-z0-9_-]+) -->\n).*?(<!-- end of results -->)", re.DOTALL)


def redrawn(text: str) -> str:
    """Return the text with every marked table drawn from its results."""
    return MARK.sub(lambda match: match[1] + _section(match[2]) + match[3], text)


def _section(name: str) -> str:
    file, _, part = name.partition("-")
    results = read_json(ROOT / "results" / f"{file}.json")
    machine = results["machine"]
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['device']}"
    when = f"`{results['command']}`, {results['created'][:10]}, commit `{results['git']}`"
    if name in BENCHMARKS:
        return f"{BENCHMARKS[name](results)}\n{when}, on {where}.\n\n"
    if "questions" in results:
        hours = sum(stage["seconds"] for stage in results["work"].values()) / 3600
        drawn = markdown_tables(results) if part else study_table(results)
        return f"{drawn}\n{when}, seeds {results['seeds']}, {hours:.1f} hours of one core of {where}.\n\n"
    minutes = sum(stage["seconds"] for stage in results["stages"]) / 60
    about = f"{when}, seeds {results['seeds']}, {minutes:.0f} minutes of work on {where}."
    return f"{markdown_table(results)}\n{about}\n\n"


def main() -> int:
    """Redraw or check the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        old = path.read_text("utf-8")
        if (new := redrawn(old)) != old:
            stale.append(path.relative_to(ROOT))
            if not check:
                write_text(path, new)
    print(f"{'not what results/ says' if check else 'redrawn'}: {', '.join(map(str, stale)) or 'none'}")
    return int(check and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
