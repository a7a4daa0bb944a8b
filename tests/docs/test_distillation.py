"""docs/distillation.md names every loss, and its examples are what the code takes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import yaml

from cdkd_kg.config import DistillationConfig, Tracker
from cdkd_kg.config_losses import LossesConfig
from tests.models import tiny_bert

PAGE = (Path(__file__).parents[2] / "docs" / "distillation.md").read_text("utf-8")


def test_every_loss_is_in_the_table_with_its_options():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*)$", PAGE, re.MULTILINE))
    losses = {name: field.default for name, field in LossesConfig.model_fields.items() if name != "temperature"}
    assert list(rows) == list(losses)
    for name, default in losses.items():
        assert all(f"`{option}`" in rows[name] for option in type(default).model_fields if option != "weight"), name


def test_the_example_is_a_configuration_and_says_what_is_on_by_itself():
    example, trackers = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    losses = DistillationConfig.model_validate(yaml.safe_load(example)["distillation"]).losses
    told = DistillationConfig.model_validate(yaml.safe_load(trackers)["distillation"]).training.report_to
    assert told == get_args(Tracker)
    assert losses.decoupled.beta == 2
    on = LossesConfig()
    assert losses.weights() == on.weights() | {"decoupled": 0.5}
    assert losses.temperature == on.temperature


def test_the_python_example_runs(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    model = tiny_bert(tmp_path, ["ball", "goal", "team", "bank", "rate", "stock"], layers=6)
    code = f"MODEL = {str(model)!r}\n{example}\nprint(answers.shape, student.losses)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("(16, 2) {'cka.v1': 0.5,")
