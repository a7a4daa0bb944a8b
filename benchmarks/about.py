"""What every benchmark file says of itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from cdkd_kg.pipeline.provenance import code_commit, provenance


def about(*libraries: str) -> dict[str, Any]:
    """Return the command line that runs, when, at which commit, on what machine, with which versions."""
    command = ["python", "-m", f"benchmarks.{Path(sys.argv[0]).stem}", *sys.argv[1:]]
    return provenance(command, libraries, "cpu") | {"git": code_commit()}
