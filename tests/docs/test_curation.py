"""The page docs/curation.md does what it says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cdkd_kg.cli import app
from cdkd_kg.curation.verbs import VERBS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "curation.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def test_the_commands_of_the_page_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "data" / "sample", tmp_path / "data" / "sample")
    monkeypatch.chdir(tmp_path)
    before = ["cdkd graph import data/sample/things.ttl --graph graphs/things"]
    before.append("cdkd graph build data/sample/texts --graph graphs/things")
    said = {}
    for command in before + COMMANDS:
        done = CliRunner().invoke(app, shlex.split(command)[1:], env={"CDKD_CURATOR": "ada"})
        assert done.exit_code == 0, f"{command}\n{done.output}\n{done.exception}"
        said[command] = done.stdout
    assert len(COMMANDS) == 10
    assert "water" in said["cdkd curate show graphs/things 25fd"]
    history = said["cdkd curate history graphs/things"]
    assert "undo: 'knife' is 'blade'" in history
    assert history.count("undone") == 1
    assert (tmp_path / "graphs" / "things" / "decisions.nq").read_text("utf-8").count("#Decision>") == 6


def test_the_page_has_every_verb() -> None:
    for verb in VERBS:
        assert f"`{verb}`" in PAGE, verb
