"""A killed import leaves the graph as before or as after."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from cdkd_kg.graph.folder import graph_folder

KILLS = int(os.environ.get("CDKD_KILLS", "12"))
"""`CDKD_KILLS=200 pytest tests/crash` for the full figure."""


def lines(name: str, count: int) -> str:
    return "".join(f'<urn:{name}:{n}> <urn:p> "{name} {n}" .\n' for n in range(count))


def test_a_first_import_that_is_killed_is_whole_or_not_there(tmp_path: Path) -> None:
    file, count, chance = tmp_path / "first.nt", 40_000, random.Random(1)
    file.write_text(lines("first", count))
    for number in range(max(4, KILLS // 3)):
        folder = tmp_path / f"g{number}"
        command = [sys.executable, "-m", "cdkd_kg", "graph", "import", str(file), "--graph", str(folder)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and not folder.is_dir():
                time.sleep(0.01)
            time.sleep(chance.uniform(0.0, 1.0))
            process.send_signal(signal.SIGKILL)
        with graph_folder(folder, create=True) as graph:
            assert len(graph) in (0, count)
            graph.include(file)
            assert len(graph) == count
        assert [path.name for path in folder.iterdir()] == ["store"]


def test_an_import_that_is_killed_is_whole_or_not_there(tmp_path: Path) -> None:
    folder, first = tmp_path / "g", tmp_path / "first.nt"
    first.write_text(lines("first", 500))
    with graph_folder(folder, create=True) as graph:
        graph.include(first)
        before = len(graph)
    count, chance, seen = 40_000, random.Random(0), set[int]()
    for number in range(KILLS):
        file = tmp_path / f"{number}.nt"
        file.write_text(lines(f"n{number}", count))
        command = [sys.executable, "-m", "cdkd_kg", "graph", "import", str(file), "--graph", str(folder)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and not any(folder.glob("store/*.log")):
                time.sleep(0.01)
            if number == KILLS - 1:
                process.wait()  # so that one at least comes too late, as the first comes too early
            time.sleep(chance.uniform(0.2, 1.6) * (number > 0))
            process.send_signal(signal.SIGKILL)
        with graph_folder(folder) as graph:
            after = len(graph)
        assert after - before in (0, count)
        seen.add(after - before)
        before = after
    assert seen == {0, count}
