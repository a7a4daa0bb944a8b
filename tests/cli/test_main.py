"""How the command ends."""

from __future__ import annotations

import subprocess
import sys

INTERRUPTED_IN_EXEC = """
import sys
import cdkd_kg.cli as cli
def app():
    exec("raise KeyboardInterrupt")
cli.app = app
cli.main()
"""


def test_an_interrupt_while_text_is_executed_ends_with_130_all_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED_IN_EXEC], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "same command goes on" in done.stderr
