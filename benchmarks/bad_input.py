"""What bad input does to the commands that users run: how it ends, how long it takes, how much memory.

    python -m benchmarks.bad_input [--quick] [--json FILE]

The promise: a clear error or a result within 5 seconds and 512 MB, and a graph that was there before is the same after
a refusal. Time is counted beyond that of the same command on a harmless file, which is what starting Python, spaCy or
torch costs; memory is counted whole. Large files that are legal may take the time that their triples take.

Exit status 1 says that a case breaks the promise.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import IO, Any, NamedTuple

from benchmarks.about import about
from benchmarks.liar import served
from cdkd_kg.artifacts import write_json
from cdkd_kg.graph.folder import graph_folder

SECONDS, MEGABYTES, KILLED_AFTER = 5.0, 512, 90
TEMPORARY = re.compile(re.escape(tempfile.gettempdir()) + r"/[^/\s]+/")
CDKD = [sys.executable, "-m", "cdkd_kg", "graph"]
ENDPOINTS = {
    "down": "count",
    "silent": "count",
    "redirect": "count",
    "endless": "count",
    "drip": "count",
    "headers": "count",
    "packed": "count",
    "bomb": "count",
    "blanks": "count",
    "html": "count",
    "half": "count",
    "cut": "count",
    "wrong": "match",
    "silent, update": "update",
    "gateway, update": "update",
}
ASK = """
import sys
from pyoxigraph import NamedNode, Quad
from cdkd_kg.errors import CdkdError
from cdkd_kg.graph.stores.endpoint import EndpointStore
url, what = sys.argv[1:]
node = NamedNode("urn:asked")
try:
    store = EndpointStore(url, url, timeout=2, longest=3)
    if what == "count":
        print(len(store))
    elif what == "match":
        print(list(store.match(node)))
    else:
        store.add([Quad(node, node, node, node)])
except CdkdError as error:
    print(f"Error: {error}", file=sys.stderr)
    sys.exit(error.exit_status)
"""
TENSORS = """
import sys
from cdkd_kg.config import GraphConfig
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.tensors import to_tensors
with graph_folder(sys.argv[1]) as graph:
    print(to_tensors(graph, GraphConfig(min_documents=1)).num_nodes, "nodes")
"""

REVISION = """
import sys
from cdkd_kg.graph.folder import graph_folder
with graph_folder(sys.argv[1]) as graph:
    print(graph.revision)
"""


class Case(NamedTuple):
    """What is run, on what, and how it should end."""

    command: str
    input: str
    words: list[str]
    graph: Path | None
    ends: str
    bulk: bool = False


def main() -> int:
    """Make the files, run every case, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="imports and endpoints alone")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch, served() as server:
        for case in cases(Path(scratch), server, options.quick):
            rows.append(judged(measured(case), rows))
            print(line(rows[-1]), flush=True)
    if options.json:
        write_json(options.json, about("pyoxigraph", "rdflib", "pyshacl", "spacy") | {"cases": rows})
    broken = [row for row in rows if row["breaks"]]
    print(f"{len(rows)} cases, {len(broken)} break the promise")
    return int(bool(broken))


def cases(scratch: Path, server: str, quick: bool) -> Iterator[Case]:
    """Yield every case, with files and a graph of its own; the harmless ones first."""
    subprocess.run([sys.executable, "-m", "benchmarks.bad_files", str(scratch)], check=True)
    texts = scratch / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("Acme sold the blade and a knife 7 in London. A tool, such as a knife 8, is a blade.")
    kept = scratch / "kept" / "things"
    with graph_folder(kept, create=True) as graph:
        graph.include(scratch / "odd" / "harmless.ttl")
    number = 0

    def imported(file: Path, kind: str) -> Case:
        nonlocal number
        number += 1
        folder, ends = scratch / f"copy{number}" / "things", "refused" if kind == "refused" else "taken"
        shutil.copytree(kept, folder)
        words = [*CDKD, "import", str(file), "--graph", str(folder)]
        return Case("import", file.name, words, folder, ends, kind == "bulk")

    yield imported(scratch / "odd" / "harmless.ttl", "taken")
    for kind in ("refused", "taken"):
        for file in sorted((scratch / kind).iterdir()):
            yield imported(file, kind)
    for name, what in ENDPOINTS.items():
        url = "http://127.0.0.1:9/" if name == "down" else f"{server}/{name.partition(',')[0]}"
        yield Case("endpoint", name, [sys.executable, "-c", ASK, url, what], None, "refused")
    for file in () if quick else sorted((scratch / "odd").iterdir(), key=lambda file: file.stem != "harmless"):
        yield from used(scratch, file, texts)
    for file in () if quick else sorted((scratch / "bulk").iterdir()):
        yield imported(file, "bulk")


def used(scratch: Path, file: Path, texts: Path) -> Iterator[Case]:
    """Yield every command on one odd graph."""
    name, folder = file.stem, scratch / "graphs" / file.stem
    query = "SELECT * { ?s ?p ?o }"
    commands: dict[str, list[str]] = {
        "import": [*CDKD, "import", str(file), "--graph", str(folder)],
        "stats": [*CDKD, "stats", str(folder)],
        "validate": [*CDKD, "validate", str(folder)],
        "show": [*CDKD, "show", str(folder), "http://example.org/a", "--picture", str(scratch / f"{name}.svg")],
        "show by name": [*CDKD, "show", str(folder), "blade"],
        "query": [*CDKD, "query", str(folder), query],
        "build": [*CDKD, "build", str(texts), "--graph", str(folder)],
        "diff": [*CDKD, "diff", str(file), str(folder)],
        "tensors": [sys.executable, "-c", TENSORS, str(folder)],
    }
    for form in ("nq", "trig", "nt", "ttl", "jsonld", "graphml", "tsv"):
        commands[f"export {form}"] = [*CDKD, "export", str(folder), "-o", str(scratch / f"out.{form}")]
    unclear = {("one-label-of-two", "show by name"), ("no-label", "show by name"), ("long-label", "validate")}
    for command, words in commands.items():
        yield Case(command, name, words, None, "refused" if (name, command) in unclear else "taken")


def measured(case: Case) -> dict[str, Any]:
    """Run a case in a process of its own, and say how it ended."""
    before = revision(case.graph)
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(case.words, stdout=out, stderr=err)
        late = Timer(KILLED_AFTER, process.kill)
        late.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        late.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        said = [text_of(stream) for stream in (out, err)]
    ended = {0: "taken", 2: "refused", 3: "refused"}.get(process.returncode, f"failed ({process.returncode})")
    lines = [one for one in (said[1].strip() or said[0]).splitlines() if any(map(str.isalnum, one))]  # no frames
    message = lines[-1] if lines else "-"
    return {
        "command": case.command,
        "input": case.input,
        "ended": ended,
        "seconds": round(seconds, 2),
        "megabytes": usage.ru_maxrss >> 10,
        "message": TEMPORARY.sub("", message)[:300],
        "bulk": case.bulk,
        "faults": list(faults(case, ended, said[1], before)),
    }


def text_of(stream: IO[bytes]) -> str:
    """Return all that was written to a file."""
    stream.seek(0)
    return stream.read().decode("utf-8", "replace")


def faults(case: Case, ended: str, errors: str, before: str) -> Iterator[str]:
    """Yield what is wrong beside time and memory."""
    if ended != case.ends:
        yield f"should be {case.ends}"
    if "Traceback" in errors or "Error: Unexpected" in errors:
        yield "a stack trace"
    if ended != "taken" and revision(case.graph) != before:
        yield "the graph changed"


def revision(folder: Path | None) -> str:
    """Return what the graph of a folder says, as a digest; children start with the size of this process."""
    if folder is None:
        return ""
    command = [sys.executable, "-c", REVISION, str(folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def judged(row: dict[str, Any], earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a row with what of the promise it breaks."""
    same = (
        one["seconds"] for one in [*earlier, row] if one["command"] == row["command"] and "harmless" in one["input"]
    )
    start = next(same, 0.0)
    breaks = list(row.pop("faults"))
    if row["seconds"] - start > SECONDS and not row["bulk"]:
        breaks.append(f"over {SECONDS:g} s")
    if row["megabytes"] > MEGABYTES:
        breaks.append(f"over {MEGABYTES} MB")
    return row | {"beyond_start": round(max(row["seconds"] - start, 0.0), 2), "breaks": ", ".join(breaks)}


def line(row: dict[str, Any]) -> str:
    """Return a row as a line of text."""
    head = f"{row['command']:<14} {row['input']:<24} {row['ended']:<12} {row['seconds']:6.2f} s {row['megabytes']:5} MB"
    return f"{head}  {('BREAKS: ' + row['breaks'] + '; ') if row['breaks'] else ''}{row['message']}"


if __name__ == "__main__":
    raise SystemExit(main())
