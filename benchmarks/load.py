"""A bounded load on a service of ``cdkd serve``, from a process of its own; prints what became of it as JSON.

    python -m benchmarks.load HOST PORT FOLDER --calls N
    python -m benchmarks.load HOST PORT FOLDER --rate R --seconds S

Each call has one text of FOLDER's task, in turn. With --calls, one follows another. With --rate, so many a second are
due, whether or not the earlier ones are answered, and a call takes from when it was due until its answer: the time for
which it could not be sent, because all connections were waiting, is counted. There are at most CONNECTIONS of them, and
after S seconds nothing more is due.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from benchmarks.distillation_turns import read_task

CONNECTIONS, PATIENCE = 64, 15.0
"""Calls at a time, and the seconds after which an answer is given up."""


@dataclass
class Told:
    """What became of calls: the seconds that each took, in the order in which they were due, and their statuses.

    An answer that did not come has status 0.
    """

    seconds: list[float]
    statuses: Counter[int] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """Return it in milliseconds; ``last_ms`` is the median of the last tenth, which shows who falls behind."""
        p50, p99, most = (1000 * float(np.quantile(self.seconds, share)) for share in (0.5, 0.99, 1))
        last = 1000 * float(np.median(self.seconds[-max(1, len(self.seconds) // 10) :]))
        return {
            "calls": len(self.seconds),
            "errors": len(self.seconds) - self.statuses[200],
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "p50_ms": round(p50, 3),
            "p99_ms": round(p99, 3),
            "most_ms": round(most, 3),
            "last_ms": round(last, 3),
        }


class Connection:
    """One connection to a service, opened again whenever it broke."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> int:
        """Return the status of the answer to a request; 0 where none came."""
        try:
            async with asyncio.timeout(PATIENCE):
                if self._streams is None:
                    self._streams = await asyncio.open_connection(self._host, self._port)
                reader, writer = self._streams
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                size = head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
                await reader.readexactly(int(size))
                return int(head[9:12])
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            self.close()
            return 0

    def close(self) -> None:
        """Let it go."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def requests(host: str, port: int, texts: Sequence[str]) -> list[bytes]:
    """Return a request about each text alone, as it goes over the wire."""
    bodies = [json.dumps({"texts": [text]}, ensure_ascii=False).encode() for text in texts]
    head = f"POST /predict HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: application/json\r\ncontent-length: "
    return [f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies]


async def one_by_one(host: str, port: int, texts: Sequence[str], calls: int) -> Told:
    """Make calls, each when the one before it is answered."""
    asked, told, connection = requests(host, port, texts), Told([]), Connection(host, port)
    for number in range(calls):
        begin = time.perf_counter()
        told.statuses[await connection.ask(asked[number % len(asked)])] += 1
        told.seconds.append(time.perf_counter() - begin)
    connection.close()
    return told


async def at_rate(host: str, port: int, texts: Sequence[str], rate: float, seconds: float) -> Told:
    """Make so many calls a second, evenly, for some seconds."""
    asked, calls = requests(host, port, texts), max(1, round(rate * seconds))
    told, numbers, begin = Told([0.0] * calls), iter(range(calls)), time.perf_counter() + 0.1

    async def calling() -> None:
        connection = Connection(host, port)
        for number in numbers:  # shared by all, so that each call is made once, by whoever is free
            due = begin + number / rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            told.statuses[await connection.ask(asked[number % len(asked)])] += 1
            told.seconds[number] = time.perf_counter() - due
        connection.close()

    await asyncio.gather(*(calling() for _ in range(min(CONNECTIONS, calls))))
    return told


def main() -> None:
    """Make the calls and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--calls", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    place, texts = (options.host, options.port), read_task(options.folder)["texts"]
    gc.disable()  # a pause of the caller would be counted to the service; what is kept is a number a call
    if options.rate:
        told = uvloop.run(at_rate(*place, texts, options.rate, options.seconds))
    else:
        told = uvloop.run(one_by_one(*place, texts, options.calls))
    print(json.dumps(told.as_json()))


if __name__ == "__main__":
    main()
