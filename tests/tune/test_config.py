"""A wrong search is told by file, line and key, before anything runs."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.cli.tune import tune_cli
from cdkd_kg.config import load_config
from cdkd_kg.errors import ConfigError, MissingResourceError
from cdkd_kg.tune.config import load_tune
from cdkd_kg.tune.results import overrides_of
from cdkd_kg.tune.space import RangeConfig
from tests.pipeline.corpus import settings, write_config
from tests.tune.corpus import search, write_search

RATE, LAYERS = "distillation.training.learning_rate", "teachers.graph.layers"


def written(folder, **changes):
    write_config(folder, settings(folder))
    return write_search(folder, search(**changes))


def test_a_trial_is_the_base_with_overrides_and_values(tmp_path):
    overrides = {"seeds": [3, 4], "distillation": {"losses": {"temperature": 3}}}
    tune = load_tune(written(tmp_path, overrides=overrides))
    chosen = {RATE: 0.02, "teachers.graph.encoders": ["sgc"]}
    made = tune.trial(7, chosen)
    assert (made.name, made.folder) == ("look-7", tmp_path / "runs" / "look-7")
    assert made.seeds == (3, 4)
    assert made.evaluation.conditions == ("graph_teacher",)
    assert made.distillation.losses.temperature == 3
    assert (made.distillation.training.learning_rate, made.teachers.graph.encoders) == (0.02, ("sgc",))
    base = load_config(tmp_path / "tiny.yaml")
    assert made.distillation.student == base.distillation.student
    assert made.corpus == base.corpus


def test_a_choice_may_be_null_or_a_whole_section(tmp_path):
    losses = {"hard_label": 0, "cka": 1}
    space = {
        "teachers.graph.pretraining": {"choices": [None, "distmult"]},
        "distillation.losses": {"choices": [losses, {"hard_label": 2}]},
    }
    tune = load_tune(written(tmp_path, space=space, overrides={"teachers": {"graph": {"pretraining": "distmult"}}}))
    made = tune.trial(0, {"teachers.graph.pretraining": None, "distillation.losses": losses})
    assert made.teachers.graph.pretraining is None
    assert "hard_label" not in made.distillation.losses.weights()


def test_a_section_is_laid_over_the_base_as_the_overrides_that_are_printed_are(tmp_path):
    losses = {"logits": 1, "cka": 0.5}
    space = {"distillation.losses": {"choices": [losses, {"hard_label": 2}]}}
    file = written(tmp_path, space=space, overrides={"distillation": {"losses": {"document_relations": 2}}})
    tune = load_tune(file)
    printed = [*overrides_of(tune.config.overrides), *overrides_of({"distillation.losses": losses})]
    ran = load_config(file.parent / tune.config.base, printed)
    assert tune.trial(0, {"distillation.losses": losses}).distillation == ran.distillation
    assert ran.distillation.losses.document_relations.weight == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"space": {"distillation.training.learning_rte": {"low": 1, "high": 2}}},
            ["'learning_rte'", "'learning_rate'"],
        ),
        ({"space": {"distilation.training.learning_rate": {"low": 1, "high": 2}}}, ["did you mean 'distillation'"]),
        ({"space": {RATE: {"low": 2.0, "high": 1.0}}}, ["low (2.0) must be less than high (1.0)", RATE]),
        ({"space": {RATE: {"low": 1, "high": 1}}}, ["must be less"]),
        ({"space": {RATE: {"choices": []}}}, ["choices must be two at least"]),
        ({"space": {RATE: {"choices": [1, 1]}}}, ["distinct"]),
        ({"space": {RATE: {"choices": [1, 2], "low": 1}}}, ["choices have no low"]),
        ({"space": {RATE: {"low": 1}}}, ["give low and high, or choices"]),
        ({"space": {RATE: {"low": 0, "high": 1, "log": True}}}, ["log needs a low above 0"]),
        ({"space": {RATE: {"low": 1, "high": 8, "step": 3}}}, ["whole steps of 3"]),
        ({"space": {RATE: {"low": 1, "high": 8, "step": 0}}}, ["whole steps of 0"]),
        ({"space": {RATE: {"low": "a", "high": 8}}}, ["must be a number", "'a'"]),
        ({"space": {RATE: {"lo": 1, "high": 8}}}, ["unknown key 'lo'", "'low'"]),
        ({"space": {RATE: {"low": -1.0, "high": 1.0}}}, ["greater than 0", f"space.{RATE}"]),
        ({"space": {LAYERS: {"low": 1.0, "high": 3.0}}}, ["whole number", f"space.{LAYERS}"]),
        ({"space": {"teachers.graph.pretraining": {"choices": [None, "distmlt"]}}}, ["did you mean 'distmult'"]),
        ({"space": {"corpus.labels_per_class": {"low": 1, "high": 8}}}, ["all trials share"]),
        ({"space": {"seeds": {"choices": [[0], [1]]}}}, ["all trials share"]),
        ({"space": {"teachers": {"choices": [[1], [2]]}, "teachers.graph": {"choices": [1, 2]}}}, ["is a part of"]),
        ({"space": {}}, ["space"]),
        ({"condition": "oracle"}, ["labels of the target"]),
        ({"condition": "graph_techer"}, ["did you mean 'graph_teacher'"]),
        ({"overrides": {"name": "x"}}, ["'name' cannot be set"]),
        ({"overrides": {"grph": {}}}, ["'grph'", "did you mean 'graph'"]),
        ({"trials": 0}, ["trials", "greater than or equal to 1"]),
        ({"name": "tiny"}, ["share the folder of that run"]),
        ({"name": "x" * 60}, ["at most 56"]),
        ({"base": "nowhere.yaml"}, ["nowhere.yaml"]),
    ],
)
def test_each_mistake_is_told(tmp_path, changes, told):
    with pytest.raises(ConfigError) as caught:
        load_tune(written(tmp_path, **changes))
    message = str(caught.value)
    assert "look.yaml" in message or "base" in changes
    for part in told:
        assert part in message


def test_a_combination_that_cannot_be_names_its_keys(tmp_path):
    space = {
        "teachers.graph.hidden": {"choices": [7, 8]},
        "teachers.graph.pretraining": {"choices": [None, "complex"]},
    }
    tune = load_tune(written(tmp_path, space=space))
    with pytest.raises(ConfigError, match=r"even.*look\.yaml, line.*hidden with teachers\.graph\.pretraining"):
        tune.trial(0, {"teachers.graph.hidden": 7, "teachers.graph.pretraining": "complex"})


def test_without_optuna_the_command_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)  # what Python takes for: there is no such package
    with pytest.raises(MissingResourceError, match=r"optuna is not installed.*cdkd-kg\[tune\]"):
        tune_cli(written(tmp_path))


@given(
    low=st.integers(-50, 50),
    steps=st.integers(1, 20),
    step=st.integers(1, 5),
    seed=st.integers(0, 9),
    log=st.booleans(),
)
def test_what_is_suggested_lies_in_the_range_on_its_steps(low, steps, step, seed, log):
    optuna = pytest.importorskip("optuna", reason="optuna is not installed")
    log = log and low > 0
    possible = RangeConfig(low=low, high=low + steps * step, log=log, step=None if log else step)
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)).ask()
    value = possible.suggest(trial, "x")
    assert possible.whole
    assert isinstance(value, int)
    assert low <= value <= low + steps * step
    assert log or (value - low) % step == 0
    assert possible.suggest(trial, "x") == value
