"""How results came about: command, time, versions, machine, and the commit of the code."""

from __future__ import annotations

import datetime
import os
import platform
import shlex
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any


def provenance(command: Sequence[str], libraries: Sequence[str], device: str) -> dict[str, Any]:
    """Return the command as a shell takes it, the time, the versions of ``libraries``, and the machine.

    Args:
        command: its words.
        libraries: distributions of the package index.
        device: what the numbers were computed on.
    """
    import psutil

    return {
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": shlex.join(command),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in libraries},
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
            "device": device,
        },
    }


def code_commit(file: Path = Path(__file__)) -> str:
    """Return the commit of our code, or nothing where the repository around it, if any, is not ours."""
    if not _git(file, "ls-files", "--error-unmatch", file.name):
        return ""
    return _git(file, "describe", "--always", "--dirty", "--abbrev=12")


def _git(file: Path, *arguments: str) -> str:
    try:
        said = subprocess.run(
            ["git", "-C", str(file.parent), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip() if said.returncode == 0 else ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
