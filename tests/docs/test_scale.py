"""The examples of docs/scale.md are what the code takes."""

import re
import shlex
from pathlib import Path

import yaml
from typer.main import get_command
from typer.testing import CliRunner

from cdkd_kg.cli import app
from cdkd_kg.config import EntitiesConfig
from cdkd_kg.errors import MissingResourceError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scale.md").read_text("utf-8")


def test_the_configuration_is_one():
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    asked = EntitiesConfig.model_validate(yaml.safe_load(example)["entities"])
    assert asked.model_fields_set == {"engine", "shards"}
    assert asked.engine == "ray"


COMMANDS = [shlex.split(line, comments=True)[1:] for line in re.findall(r"^cdkd .*", PAGE, re.MULTILINE)]


def test_the_run_is_one(monkeypatch):
    monkeypatch.chdir(ROOT)
    (asked,) = [words for words in COMMANDS if "--engine" in words]
    done = CliRunner().invoke(app, [*asked, "--dry-run"])
    assert done.exit_code == 0, done.output


def test_the_estimate_is_one_and_asks_for_a_measurement_first(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    (asked,) = [words for words in COMMANDS if "--documents" in words]
    done = CliRunner().invoke(app, [*asked, f"output={tmp_path}"])
    assert isinstance(done.exception, MissingResourceError)
    assert "--measure" in done.exception.remedy


def test_the_other_commands_have_such_options():
    for words in COMMANDS:
        command = get_command(app).get_command(None, words[0])
        known = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known
