"""What every benchmark file says of itself: command, date, commit, machine, versions."""

from __future__ import annotations

import datetime
import os
import platform
import shlex
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cdkd_kg.pipeline.run import _commit, _processor


def about(*libraries: str) -> dict[str, Any]:
    """Return the command line that runs, when, at which commit, on what machine, with which versions."""
    return {
        "command": shlex.join(["python", "-m", f"benchmarks.{Path(sys.argv[0]).stem}", *sys.argv[1:]]),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "git": _commit(),
        "machine": {"processor": _processor(), "cores": os.cpu_count(), "device": "cpu"},
        "versions": {"python": platform.python_version()} | {name: version(name) for name in libraries},
    }
