"""What the processes of benchmarks/distillation.py share: an epoch whenever one is asked for, and the task.

Peers run under interpreters that know nothing of this project, so nothing of it is imported here.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

TASK = "task.json"


class Turns:
    """The epochs of one training, each in its turn: the others train while this one waits.

    An epoch begins when a line arrives on standard input, and is answered with its seconds, the seconds that
    processors worked for it (where it was not alone on the machine, the steadier number), and the most memory that this
    process has had. Whatever else is said goes to standard error. Without a further line the process ends.
    """

    def __init__(self) -> None:
        self._answers, sys.stdout = sys.stdout, sys.stderr
        self._began = self._used = 0.0

    def begin(self) -> None:
        """Wait for this training's turn, and start the clock."""
        if not sys.stdin.readline():
            raise SystemExit(0)
        self._began, self._used = time.perf_counter(), time.process_time()

    def end(self, **more: float) -> None:
        """Stop the clock and answer."""
        seconds, used = time.perf_counter() - self._began, time.process_time() - self._used
        answer = {"seconds": round(seconds, 4), "processor": round(used, 4), "mib": round(most_memory(), 1)} | more
        print(json.dumps(answer), file=self._answers, flush=True)


def most_memory() -> float:
    """Return the most memory that this process has had since it became this program, in MiB."""
    # Not ru_maxrss, which remembers the parent that the process was forked from.
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def read_task(folder: Path) -> dict[str, Any]:
    """Return what is to be learned, and how."""
    task: dict[str, Any] = json.loads((folder / TASK).read_text("utf-8"))
    return task
