"""docs/distillation.md names every loss, and its examples are what the code takes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import yaml

from cdkd_kg.config import DistillationConfig, DomainWeights, load_config
from cdkd_kg.config_losses import LossesConfig
from tests.models import tiny_bert

PAGE = (Path(__file__).parents[2] / "docs" / "distillation.md").read_text("utf-8")


def _section(title):
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_loss_is_in_the_table_with_its_options():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*)$", _section("Losses"), re.MULTILINE))
    losses = {name: field.default for name, field in LossesConfig.model_fields.items() if name != "temperature"}
    assert list(rows) == list(losses)
    for name, default in losses.items():
        assert all(f"`{option}`" in rows[name] for option in type(default).model_fields if option != "weight"), name


def test_the_example_is_a_configuration_and_says_what_is_on_by_itself():
    example, _ = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    losses = DistillationConfig.model_validate(yaml.safe_load(example)["distillation"]).losses
    assert losses.decoupled.beta == 2
    on = LossesConfig()
    assert losses.weights() == on.weights() | {"decoupled": 0.5}
    assert losses.temperature == on.temperature


def test_the_python_example_runs(tmp_path):
    _, example = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    model = tiny_bert(tmp_path, ["ball", "goal", "team", "bank", "rate", "stock"], layers=6)
    code = f"MODEL = {str(model)!r}\n{example}\nprint(answers.shape, student.losses)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("(16, 2) {'cka.v1': 0.5,")


def test_every_way_to_weigh_domain_teachers_is_in_the_table():
    assert re.findall(r"^\| `(\w+)` \|", _section("Domain teachers")[1:], re.MULTILINE)[1:] == list(
        get_args(DomainWeights)
    )


def test_the_recipe_of_domain_teachers_and_its_commands_are_what_the_code_takes(tmp_path, monkeypatch):
    monkeypatch.setenv("CDKD_DATA", str(tmp_path))
    (example,) = re.findall(r"```yaml\n(.*?)```", _section("Domain teachers"), re.DOTALL)
    commands = re.findall(r"^cdkd run domain_teachers.yaml *(\S*)", _section("Domain teachers"), re.MULTILINE)
    (tmp_path / "domain_teachers.yaml").write_text(example)
    runs = [load_config(tmp_path / "domain_teachers.yaml", [one] if one else []) for one in commands]
    assert [one.teachers.text.weights for one in runs] == ["prototype", "domain_graph"]


def test_the_python_example_of_domain_teachers_runs():
    (example,) = re.findall(r"```python\n(.*?)```", _section("Domain teachers"), re.DOTALL)
    code = f"{example}\nprint(answers.shape, *shares, round(sum(shares.values()), 3))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "(160, 2) books dvd electronics 1.0\n"
