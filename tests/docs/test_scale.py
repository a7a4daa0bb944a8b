"""The examples of docs/scale.md are what the code takes."""

import re
from pathlib import Path

import yaml
from typer.testing import CliRunner

from cdkd_kg.cli import app
from cdkd_kg.config import EntitiesConfig

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scale.md").read_text("utf-8")


def test_the_configuration_is_one():
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    asked = EntitiesConfig.model_validate(yaml.safe_load(example)["entities"])
    assert asked.model_fields_set == {"engine", "shards"}
    assert asked.engine == "ray"


def test_the_command_is_one(monkeypatch):
    monkeypatch.chdir(ROOT)
    (command,) = re.findall(r"```bash\ncdkd (.*?)\n```", PAGE)
    done = CliRunner().invoke(app, [*command.split(), "--dry-run"])
    assert done.exit_code == 0, done.output
