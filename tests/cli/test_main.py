"""How the command ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

INTERRUPTED_IN_EXEC = """
import cdkd_kg.cli as cli
def app():
    exec("raise KeyboardInterrupt")
cli.app = app
cli.main()
"""


def test_an_interrupt_while_text_is_executed_ends_with_130_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(INTERRUPTED_IN_EXEC)
    command = [sys.executable, "-m", "interrupted"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "same command goes on" in done.stderr
