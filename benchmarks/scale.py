"""What the graph part needs at size: ten million triples, a hundred thousand names, a hundred thousand texts.

    python -m benchmarks.scale [--quick] [--json FILE]

Goals: 10,000,000 triples load into a folder within 24 GiB; a gazetteer of 100,000 names is there in seconds; the memory
of the entity stage is flat over 100,000 documents. Every case runs in a process of its own, whose memory is told.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from benchmarks.about import about
from benchmarks.graph import SAMPLE, invented_names, timed, vocabulary
from cdkd_kg.artifacts import write_json
from cdkd_kg.config import EntitiesConfig
from cdkd_kg.entities.extract import read_in_parts
from cdkd_kg.entities.linking.aliases import AliasTable, Label
from cdkd_kg.entities.reading import Document, mention_pipeline
from cdkd_kg.entities.tables import Extraction, save_parts
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.neighbourhood import find_entity, neighbourhood

SYLLABLES = ("ka", "ro", "mi", "ten", "sol", "ur", "vex", "lo", "pra", "dim")


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the size")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    part = 100 if options.quick else 1
    if options.case:
        name, size, folder = json.loads(options.case)
        print(json.dumps(CASES[name](size, Path(folder)) | {"peak_mib": peak()}))
        return
    with tempfile.TemporaryDirectory() as folder:
        results = {
            "load": run("load", 10_000_000 // part, folder),
            "names": [run("names", 100_000 // min(part, 10), folder) for _ in ("first", "again")],
            "texts": run("texts", 100_000 // part, folder),
        }
    for line in lines(results):
        print(line)
    if options.json:
        write_json(options.json, about("pyoxigraph", "spacy", "pyarrow") | {"results": results})


def run(case: str, size: int, folder: str) -> dict[str, Any]:
    """Return what a case says that runs in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scale", "--case", json.dumps([case, size, folder])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def load(size: int, folder: Path) -> dict[str, Any]:
    """Load N-Triples into a graph folder, and look at one entity of it."""
    path = folder / "vocabulary.nt"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(vocabulary(size))
    with graph_folder(folder / "graph", create=True) as graph:
        seconds = timed(lambda: graph.include(path))
        name = f"Entity number {size // 10} of the vocabulary"
        show = timed(lambda: neighbourhood(graph, find_entity(graph, name)))
        return {"triples": len(graph), "seconds": seconds, "show_seconds": show, "file_mib": path.stat().st_size >> 20}


def names(size: int, folder: Path) -> dict[str, Any]:
    """Make the pipeline that looks for so many names; a second time their words are read from the cache."""
    import os

    os.environ["CDKD_CACHE"] = str(folder)
    labels = [Label(f"urn:{number}", name, "preferred") for number, name in enumerate(invented_names(size))]
    return {"names": size, "seconds": timed(lambda: mention_pipeline(EntitiesConfig(), AliasTable(labels)))}


def texts(size: int, folder: Path) -> dict[str, Any]:
    """Read so many short texts with words that come once, and note the memory on the way."""
    words = SAMPLE.read_text("utf-8").split()
    documents = [Document(f"{number:06}", sentence(number, words)) for number in range(size)]
    labels = AliasTable(Label(f"urn:{word}", word, "preferred") for word in ("knife", "kettle", "hose", "spade", "pan"))
    seen: list[list[int]] = []

    def watched(parts: Iterator[Extraction]) -> Iterator[Extraction]:
        for number, part in enumerate(parts, 1):
            if number in (size // 10_000, size // 2_000) or number * 1000 >= size:
                seen.append([min(number * 1000, size), psutil.Process().memory_info().rss >> 20])
            yield part

    begin = time.perf_counter()
    save_parts(watched(read_in_parts(documents, EntitiesConfig(), labels)), folder)
    return {"documents": size, "seconds": round(time.perf_counter() - begin, 1), "resident_mib": seen}


CASES: dict[str, Callable[[int, Path], dict[str, Any]]] = {"load": load, "names": names, "texts": texts}


def sentence(number: int, words: list[str]) -> str:
    """Return twenty words, one in seven of them invented."""
    chance = random.Random(number)  # noqa: S311
    return " ".join(word(chance) if chance.random() < 1 / 7 else chance.choice(words) for _ in range(20)) + "."


def word(chance: random.Random) -> str:
    """Return an invented word."""
    return "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(2, 4))).capitalize()


def peak() -> int:
    """Return the largest memory that this process had, in MiB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def lines(results: dict[str, Any]) -> Iterator[str]:
    """Yield what was measured, a line each."""
    one = results["load"]
    rate = one["triples"] / one["seconds"]
    yield f"load {one['triples']:,} triples into a folder: {one['seconds']:.1f} s, {rate:,.0f}/s"
    yield f"  peak memory {one['peak_mib']:,} MiB; one entity shown in {one['show_seconds']:.2f} s"
    for way, found in zip(("the first time", "again"), results["names"], strict=True):
        yield f"pipeline with {found['names']:,} names, {way}: {found['seconds']:.1f} s, peak {found['peak_mib']:,} MiB"
    one = results["texts"]
    memory = ", ".join(f"{mib:,} MiB after {count:,}" for count, mib in one["resident_mib"])
    yield f"{one['documents']:,} texts: {one['seconds']:.0f} s, {one['documents'] / one['seconds']:.0f}/s; {memory}"


if __name__ == "__main__":
    main()
