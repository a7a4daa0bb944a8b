"""A killed import, or a killed reading of texts, leaves a graph folder as before or as after, up to its last moment."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from cdkd_kg.cli import app
from cdkd_kg.errors import MissingResourceError
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.kept_mentions import kept_mentions, mention_rows

KILLS = int(os.environ.get("CDKD_KILLS", "20"))
"""`CDKD_KILLS=200 pytest tests/crash` for the full figure."""
BIG, SMALL = 10_000, 4_000
"""Triples that are loaded in bulk, being over 1 MiB, and triples that are one transaction."""


def lines(name: str, count: int, graph: str = "") -> str:
    return "".join(f'<urn:{name}:{n}> <urn:p> "{name} {n} {"x" * 80}"{graph} .\n' for n in range(count))


def state(folder: Path) -> tuple[str, Any]:
    """Return the revision of a graph, and the mentions that are kept with it: they must belong together."""
    with graph_folder(folder, create=True) as graph:
        assert not list(folder.glob("store/bulk-*"))
        try:
            kept = list(mention_rows(kept_mentions(folder, graph)))
        except MissingResourceError:
            kept = []
        return graph.revision, kept


def written(folder: Path) -> int:
    """Return how many bytes of data a folder has, without RocksDB's notes on itself."""
    total = 0
    for place, _, names in os.walk(folder):  # which takes what vanishes meanwhile as not there
        for name in names:
            if name.endswith((".sst", ".log")) or Path(place).parent.name == "mentions":
                with suppress(FileNotFoundError):
                    total += (Path(place) / name).stat().st_size
    return total


FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["cdkd_kg.cli.graph", "cdkd_kg.graph.propose", "cdkd_kg.corpus.read", "spacy", __name__])
"""So that a process to be killed does not spend seconds on imports first."""


def run(arguments: list[str]) -> None:
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - it ends with the process
    app(["graph", *arguments], standalone_mode=False)


def started(arguments: list[str], folder: Path) -> ForkServerProcess:
    process = FORKS.Process(target=run, args=([*arguments, "--graph", str(folder)],))
    process.start()
    return process


def wait_until(process: ForkServerProcess, happened: Callable[[], bool]) -> None:
    while process.is_alive() and not happened():
        time.sleep(0.001)


@pytest.fixture(autouse=True, scope="module")
def imported() -> None:
    """Wait for the imports, so that no time that is measured holds them."""
    process = FORKS.Process(target=time.sleep, args=(0,))
    process.start()
    process.join()


def killed_all_along(base: Path, arguments: list[str], kills: int) -> None:
    """Kill a command at times spread from its start to its end, half of them from its first byte of data on."""
    chance, seen, while_writing = random.Random(0), Counter[str](), 0

    def fresh(number: int) -> Path:
        folder = base.parent.parent / f"{number}" / base.name
        if base.is_dir():
            shutil.copytree(base, folder)
        return folder

    done, begin = fresh(kills), time.monotonic()
    before = written(done)
    process = started(arguments, done)
    wait_until(process, lambda: written(done) > before)
    first_byte = time.monotonic()
    process.join()
    assert process.exitcode == 0
    lead, tail = first_byte - begin, time.monotonic() - first_byte
    states = {"before": state(fresh(kills + 1)), "after": state(done)}
    assert states["before"] != states["after"]
    for number in range(kills):
        folder = fresh(number)
        process = started(arguments, folder)
        if number % 2 == 0:
            wait_until(process, lambda folder=folder: written(folder) > before)  # type: ignore[misc]
            time.sleep(1.5 * number / kills * tail)  # past the end, on a machine that is as quick as it was
            while_writing += process.is_alive()
        else:
            time.sleep(chance.uniform(0, lead))
        if number == kills - 1:
            process.join()  # so that one at least comes too late
        process.kill()
        process.join()
        found = state(folder)
        assert found in states.values()
        seen["after" if found == states["after"] else "before"] += 1
        shutil.rmtree(folder.parent)
    print(f"{arguments[0]}: {while_writing} of {kills} killed after the first byte; {dict(seen)}")  # noqa: T201 - for `pytest -rP`
    assert while_writing
    assert seen["after"]
    assert kills < 10 or seen["before"]


IMPORTS = {
    "bulk": ("big.nt", lines("big", BIG), True),
    "first": ("big.nt", lines("big", BIG), False),
    "transaction": ("small.nt", lines("small", SMALL), True),
    "graphs": ("big.nq", lines("big", BIG, " <urn:cdkd:graph:g/accepted>"), True),
}


@pytest.mark.parametrize("case", IMPORTS)
def test_an_import_that_is_killed_is_whole_or_not_there(case: str, tmp_path: Path) -> None:
    name, text, into_a_graph = IMPORTS[case]
    file, base = tmp_path / name, tmp_path / "base" / "g"
    file.write_text(text)
    if into_a_graph:
        (tmp_path / "there.nt").write_text(lines("there", 500))
        with graph_folder(base, create=True) as graph:
            graph.include(tmp_path / "there.nt")
    killed_all_along(base, ["import", str(file)], max(2, KILLS // 5))


def test_a_reading_that_is_killed_leaves_proposals_and_mentions_of_one_run(tmp_path: Path) -> None:
    base, texts = tmp_path / "base" / "g", tmp_path / "texts"
    texts.mkdir()
    (tmp_path / "v.ttl").write_text(
        "@prefix s: <http://www.w3.org/2004/02/skos/core#> . <urn:x:flu> a s:Concept ; s:prefLabel 'influenza' ."
    )
    for number in range(8):
        (texts / f"{number}.txt").write_text(f"Influenza was seen in ward {number}. " * 2)
    with graph_folder(base, create=True) as graph:
        graph.include(tmp_path / "v.ttl")
    build = ["build", str(texts), "--pipeline", "blank:en"]
    process = started(build, base)
    process.join()
    assert process.exitcode == 0
    (texts / "0.txt").write_text("No influenza. Influenza again, and influenza.")
    killed_all_along(base, build, max(2, KILLS // 5))
