"""A decision that was acknowledged is there after a kill, and none is there in half."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.decisions.log import DecisionLog
from cdkd_kg.graph.namespaces import SKOS

KILLS = int(os.environ.get("CDKD_KILLS", "20"))
"""`CDKD_KILLS=1000 pytest tests/crash/test_kill_decisions.py` for the full figure."""


def decide(folder: Path) -> None:
    log, node = DecisionLog(folder), NamedNode("urn:a")
    while True:
        triples = tuple(Triple(node, SKOS.altLabel, Literal(f"{number} {'x' * 500}")) for number in range(20))
        entry = log.append(Draft("accept", "x", ("urn:a", "urn:b"), triples), "ada")
        os.write(1, f"{entry.number} {entry.decision.id}\n".encode())


def test_no_decision_is_lost_or_half_there(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    chance, told = random.Random(0), dict[int, str]()
    code = f"from pathlib import Path; from {decide.__module__} import decide; decide(Path({str(tmp_path)!r}))"
    for _ in range(KILLS):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert process.stdout is not None
        first = process.stdout.readline()  # it has begun
        time.sleep(chance.random() / 20)
        process.kill()
        lines = (first + process.stdout.read()).split(b"\n")[:-1]
        process.wait()
        told |= {int(number): name.decode() for number, name in (line.split() for line in lines)}
    entries = {entry.number: entry.decision for entry in DecisionLog(tmp_path).entries()}
    assert told.items() <= {number: decision.id for number, decision in entries.items()}.items()
    assert len(entries) - len(told) <= KILLS  # each was killed at one at most that it had not told of yet
    assert all(len(decision.what.accepts) == 20 for decision in entries.values())
    assert list(entries) == list(range(1, len(entries) + 1))
    record_property("SIGKILLs while decisions were taken", KILLS)
