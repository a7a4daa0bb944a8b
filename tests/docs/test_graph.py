"""The tutorial docs/graph.md does what it says."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cdkd_kg.cli import app
from cdkd_kg.entities.linking.model import LinkModel

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "graph.md").read_text("utf-8")
COMMANDS = re.findall(r"```bash\n(cdkd .*)\n```", PAGE)
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
MAPPINGS = re.findall(r"```bash\n(cdkd .*)\n(cdkd .*)\n```", PAGE)


def test_the_ten_commands_of_the_tutorial_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "data" / "sample", tmp_path / "data" / "sample")
    monkeypatch.chdir(tmp_path)
    said = []
    for command in COMMANDS:
        done = CliRunner().invoke(app, shlex.split(command)[1:])
        assert done.exit_code == 0, f"{command}\n{done.output}\n{done.exception}"
        said.append(done.stdout)
    assert len(said) == 10
    assert said[2] == "Nothing breaks the rules.\n"
    assert said[3].startswith("4 texts: ")
    assert "lawn mower" in said[4]
    assert said[5].startswith("blade  <https://example.org/things/blade>")
    assert "mower" in said[5]
    assert said[6].startswith(
        "Royal Horticultural Society  <urn:cdkd:graph:things:royal_horticultural_society>  in 1 document\n"
    )
    assert "also called: RHS" in said[6]
    assert [word for word in ("blade", "knife", "shears", "spade") if f'"{word}"@en' not in said[7]] == []
    assert said[9].count("+ ") > 50
    assert not any(line.startswith("- ") for line in said[9].splitlines())
    assert (tmp_path / "blade.svg").stat().st_size > 1000


def test_the_python_of_the_page_runs(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data" / "sample", tmp_path / "data" / "sample")
    code = "\n".join(PYTHON) + "\ndoc = spacy.load('reader')('a hose')\nprint(list(doc.spans['cdkd']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "lawn mower https://example.org/things/mower 0.9" in done.stdout
    assert done.stdout.endswith("[hose]\n")
    assert LinkModel.load(tmp_path / "link_model.json").times_meant("Blade", "https://example.org/things/blade") == 1


def test_mappings_go_in_and_out_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "data" / "sample", tmp_path / "data" / "sample")
    monkeypatch.chdir(tmp_path)
    ((*commands,),) = MAPPINGS
    for command in (COMMANDS[0], *commands, COMMANDS[2]):
        done = CliRunner().invoke(app, shlex.split(command)[1:])
        assert done.exit_code == 0, f"{command}\n{done.output}\n{done.exception}"
    assert done.stdout == "Nothing breaks the rules.\n"
    text = (tmp_path / "mappings.sssom.tsv").read_text("utf-8")
    assert "things:hose\those\tskos:exactMatch\tNot\tshop:h1\those\tsemapv:ManualMappingCuration\t" in text
    assert text.count("\nthings:") == 3
