"""The figures that curation holds itself to: the tests that measure them, run in full, and names found while typed.

    python -m benchmarks.curation [--quick] [--json FILE]        (`make figures` does the first)

The tests are those of every day with larger numbers: 8 writers of 250 decisions, 1,000 SIGKILLs, 50 payloads in every
field of the page in Chromium, 30 combinations of headers and 15 hosts of other sites, 500 requests of each kind and
operation made from the description. Names: autocomplete over 1,000,000 of them, goal under 100 ms, and an SQL LIKE
over the same names beside it.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.about import about
from benchmarks.curation_table import NEVER
from cdkd_kg.artifacts import write_json
from cdkd_kg.curation.search import Search
from cdkd_kg.entities.linking.aliases import Label

TESTS = (
    "tests/graph/decisions/test_log.py",
    "tests/crash/test_kill_decisions.py",
    "tests/browser/test_xss.py",
    "tests/curation/web/test_guard.py",
    "tests/curation/web/test_api.py",
    "tests/curation/test_machine.py",
)
NEED = {"CDKD_NEED_CHROMIUM": "1"}  # else figures of the browser would be left out
FULL = {"CDKD_KILLS": "1000", "CDKD_EXAMPLES": "500"}
ASKED = 200


def tests(quick: bool) -> dict[str, Any]:
    """Run the tests, and return how many passed, failed and were skipped, and the figures that they told."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "tests.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-o", "junit_family=xunit1", f"--junitxml={file}", *TESTS]
        subprocess.run(command, env=os.environ | NEED | ({} if quick else FULL), check=False)
        suite = ElementTree.parse(file).getroot()  # noqa: S314 - written by the line above
    cases = list(suite.iter("testcase"))
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    told: Counter[str] = Counter()
    for one in suite.iter("property"):
        if (name := one.get("name", "")) in NEVER:
            told[name] += int(one.get("value", "0"))
    skipped = sum(case.find("skipped") is not None for case in cases)
    return {
        "passed": len(cases) - len(bad) - skipped,
        "failed": len(bad),
        "skipped": skipped,
        "figures": dict(sorted(told.items())),
    }


def names(count: int) -> list[Label]:
    """Return names of two or three made-up words, many of which begin alike."""
    drawn = random.Random(0)  # noqa: S311 - names for a benchmark
    words = ["".join(drawn.choices("aeioulnrst", k=drawn.randint(3, 9))) for _ in range(50_000)]
    return [
        Label(f"urn:{number}", " ".join(drawn.choices(words, k=2 + number % 2)), "preferred") for number in range(count)
    ]


def typed(labels: list[Label], find: Callable[[str], object]) -> dict[str, float]:
    """Return median and worst milliseconds for what somebody types: the beginnings of names, letter by letter."""
    drawn, times = random.Random(1), list[float]()  # noqa: S311 - of a benchmark
    for label in drawn.sample(labels, ASKED):
        begun = label.text[: drawn.randint(1, len(label.text))]
        start = time.perf_counter()
        find(begun)
        times.append(1000 * (time.perf_counter() - start))
    return {"median": round(median(times), 2), "worst": round(max(times), 2)}


def searches(count: int) -> dict[str, Any]:
    """Time the search of the page and an SQL LIKE over as many names."""
    labels = names(count)
    ours = Search(labels)
    table = sqlite3.connect(":memory:")
    table.execute("CREATE TABLE name (iri TEXT, text TEXT)")
    table.executemany("INSERT INTO name VALUES (?, ?)", ((one.iri, one.text) for one in labels))
    like = "SELECT iri, text FROM name WHERE text LIKE ? OR text LIKE ? LIMIT 10"
    return {
        "names": count,
        "milliseconds": {
            "the index of the page": typed(labels, ours.find),
            "SQL LIKE": typed(labels, lambda begun: table.execute(like, (f"{begun}%", f"% {begun}%")).fetchall()),
        },
    }


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the numbers of every day, and 100,000 names")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    found = tests(options.quick) | {"search": searches(100_000 if options.quick else 1_000_000)}
    for name, value in found["figures"].items():
        print(f"{name:<60} {value:>8,}")
    for name, took in found["search"]["milliseconds"].items():
        print(f"{name}, {found['search']['names']:,} names: median {took['median']} ms, worst {took['worst']} ms")
    print(f"{found['passed']} tests passed, {found['failed']} failed, {found['skipped']} were skipped")
    if options.json:
        write_json(options.json, about("cdkd-kg", "pyoxigraph", "fastapi", "playwright", "schemathesis") | found)
    if found["failed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
