"""The service in benchmarks/inference.py: how soon it answers, what it takes, and how it bears a load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import httpx
import psutil

ROOT = Path(__file__).parents[1]
SHARE, STEP, CLOSE = 0.8, 1.5, 0.05
"""Of the capacity, for the long run; and how the capacity is sought."""
BEHIND = 0.01
"""Who is behind, at the end, by more than this share of the time does not keep up."""


class Address(NamedTuple):
    """Where a service answers."""

    host: str
    port: int


class Lengths(NamedTuple):
    """How long each part is measured."""

    starts: int
    warm_up: int
    calls: int
    probe: float
    load: float


FULL, QUICK = Lengths(5, 200, 500, 10.0, 300.0), Lengths(1, 20, 50, 2.0, 5.0)


@contextmanager
def served(
    bundle: Path, module: str = "cdkd_kg", more: Mapping[str, str] | None = None
) -> Iterator[tuple[Address, psutil.Process, float]]:
    """Serve a bundle; give its address, its process, and the seconds from its start until it said that it is well.

    The files were read before: it is the start of a process, not of a machine.

    Args:
        bundle: its folder.
        module: whose command line it is.
        more: environment of the process, beside ours.
    """
    command = [sys.executable, "-m", module, "serve", str(bundle), "--port", "0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | dict(more or {})
    environment.pop("TOKENIZERS_PARALLELISM", None)
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None  # noqa: S101
            url = process.stdout.readline().rsplit(" ", 1)[-1].strip()
            while httpx.get(f"{url}/health").status_code != 200:
                time.sleep(0.01)
            seconds = time.perf_counter() - begin
            host, port = url.removeprefix("http://").split(":")
            yield Address(host, int(port)), psutil.Process(process.pid), seconds
        finally:
            process.terminate()


def load(address: Address, folder: Path, *options: object) -> dict[str, Any]:
    """Return what became of a load, which a process of its own makes; see benchmarks/load.py."""
    command = [sys.executable, "-m", "benchmarks.load", *map(str, (*address, folder, *options))]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def capacity(bears: Callable[[float], bool], start: float) -> float:
    """Return the highest rate that is borne, to within a twentieth: sought upwards, or else downwards, then in between.

    Where not even one call a second is borne it is 0.

    Example:
        >>> round(capacity(lambda rate: rate <= 100, 10))
        100
    """
    low, high = 0.0, start
    while bears(high):
        low, high = high, high * STEP
    while low == 0 and high > 1:
        low, high = (high / STEP, high) if bears(high / STEP) else (0.0, high / STEP)
    while low and high - low > CLOSE * high:
        middle = (low + high) / 2
        low, high = (middle, high) if bears(middle) else (low, middle)
    return low


def measured(bundle: Path, folder: Path, lengths: Lengths) -> dict[str, Any]:
    """Return what is found of a service of a bundle that is asked about the texts of a folder's task."""
    starts = []
    for _ in range(lengths.starts):
        with served(bundle) as (_, _, seconds):
            starts.append(round(seconds, 3))
    with served(bundle) as (address, process, _):
        load(address, folder, "--calls", lengths.warm_up)
        memory = process.memory_info().rss
        single = load(address, folder, "--calls", lengths.calls)
        probes = []

        def bears(rate: float) -> bool:
            found = load(address, folder, "--rate", rate, "--seconds", lengths.probe)
            probes.append({"rate": round(rate, 1)} | found)
            borne = found["errors"] == 0 and found["last_ms"] - single["p50_ms"] < 1000 * BEHIND * lengths.probe
            print(f"{rate:8.1f} calls/s: p99 {found['p99_ms']:8.1f} ms, {'borne' if borne else 'too much'}", flush=True)
            return bool(borne)

        most = capacity(bears, 1000 / single["p50_ms"])
        rate = max(1.0, SHARE * most)
        loaded = load(address, folder, "--rate", rate, "--seconds", lengths.load)
        after = process.memory_info().rss
    return {
        "starts": starts,
        "start_seconds": median(starts),
        "memory_mb": round(memory / 1e6, 1),
        "memory_after_mb": round(after / 1e6, 1),
        "single": single,
        "capacity": round(most, 1),
        "probes": probes,
        "load": {"rate": round(rate, 1), "seconds": lengths.load} | loaded,
    }
