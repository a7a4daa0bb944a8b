"""A wrong configuration is told by file, line and key; every shipped one is valid."""

from pathlib import Path

import pytest

from cdkd_kg.config import load_config
from cdkd_kg.errors import ConfigError

CONFIGS = Path(__file__).parents[1] / "configs"
SMALL = """
name: small
corpus:
  tasks:
    topic: {labels: [a, b]}
  domains:
    one:
      task: topic
      source: {path: one.csv}
"""


def _write(tmp_path, text):
    path = tmp_path / "small.yaml"
    path.write_text(text)
    return path


def test_defaults_are_filled_in(tmp_path):
    config = load_config(_write(tmp_path, SMALL))
    assert config.seeds == (0,)
    assert config.folder == Path("runs/small")
    assert config.distillation.student.teacher_layers == (0, 2, 4)


def test_a_student_is_of_the_same_layers_whatever_else_is_said_of_it_and_of_none_with_a_model(tmp_path):
    path = _write(tmp_path, SMALL)
    said = [load_config(path, [f"distillation.student.{word}"]) for word in ("max_length=64", "model=x/y")]
    assert [one.distillation.student.teacher_layers for one in said] == [(0, 2, 4), None]
    both = load_config(path, ["distillation.student={teacher_layers: null, model: x/y}"]).distillation.student
    assert (both.teacher_layers, both.model) == (None, "x/y")


def test_overrides_go_deep_and_keep_types(tmp_path):
    config = load_config(_write(tmp_path, SMALL), ["seeds=[3,4]", "teachers.text.max_length=64"])
    assert config.seeds == (3, 4)
    assert config.teachers.text.max_length == 64


def test_environment_variables_are_read(tmp_path, monkeypatch):
    monkeypatch.setenv("CDKD_DATA", "elsewhere")
    text = SMALL.replace("one.csv", '"${oc.env:CDKD_DATA}/one.csv"')
    assert load_config(_write(tmp_path, text)).corpus.domains["one"].source.path == Path("elsewhere/one.csv")


@pytest.mark.parametrize(
    ("change", "overrides", "told"),
    [
        (("name: small", "name: small\nsedes: [1]"), [], ["line 3", "'sedes'", "did you mean 'seeds'"]),
        (("task: topic\n", "task: topic\n      lable: x\n"), [], ["line 9", "'lable'", "did you mean 'labels'"]),
        (("task: topic\n", "task: topik\n"), [], ["'topik'", "did you mean 'topic'"]),
        (("labels: [a, b]", "labels: [a, a]"), [], ["line 5", "distinct"]),
        (("{path: one.csv}", "{path: one.csv, hub: x/y}"), [], ["exactly one"]),
        (("name: small\n", ""), [], ["'name'", "missing"]),
        (("name: small", "name: [unclosed"), [], ["not a YAML mapping", "line", "such as `seeds: [0, 1]`"]),
        (
            ("one.csv", '"${oc.env:CDKD_NOT_SET}/one.csv"'),
            [],
            ["CDKD_NOT_SET is not set", "the folder of one.csv", "line 9", "export"],
        ),
        (("", ""), ["seeds"], ["key=value", "What to do: write it like 'seeds=[0,1]'"]),
        (("", ""), ["seeds=[]"], ["command line: seeds"]),
        (("", ""), ["seeds=[0,0]"], ["command line: seeds", "distinct"]),
        (("", ""), ["seeds=[0"], ["command line", "key=value"]),
        (("", ""), ["seeds=[-1]"], ["command line: seeds", "greater than or equal to 0"]),
        (("", ""), ["seeds=[4294967296]"], ["command line: seeds", "less than 4294967296"]),
        (("", ""), ["teachers.text.training.lr_scheduler_type=linaer"], ["lr_scheduler_type", "'linear'"]),
        (("", ""), ["entities.types=[PERSON,WORK OF ART]"], ["entities.types", "letters, digits and _ . - alone"]),
        (("", ""), ["distillation.losses.logits=.inf"], ["losses.logits", "finite"]),
        (("", ""), ["teachers.text.training.weight_decay=.nan"], ["weight_decay", "finite"]),
        (("", ""), ["graph.min_npmi=.nan"], ["min_npmi", "finite"]),
        (("", ""), ["teachers.graph.epochs=.inf"], ["epochs", "finite"]),
        (("{path: one.csv}", "{path: one.csv, subset: x}"), [], ["'subset' belongs to 'hub'", "'path'"]),
        (("{path: one.csv}", "{name: bbc-news, revision: x}"), [], ["'revision' belongs to 'hub'", "'name'"]),
        (("", ""), ["teachers.text.weights=prototype"], ["weights: prototype", "per_domain: true"]),
        (("name: small", "name: cache"), [], ["'cache'", "folder beside the runs"]),
        (("", ""), ["seeds.x=1"], ["seeds"]),
        (("", ""), ["evaluation.conditions=[]"], ["conditions"]),
        (("", ""), ["corpus.split.validation=0.9"], ["less than 1"]),
        (("  one:", "  ../one:"), [], ["'../one'", "lower-case letters, digits and _ - alone"]),
        (("", ""), ["grph.name=x"], ["command line: grph.name", "'grph'", "did you mean 'graph'"]),
        (("", ""), ["corpus.domains.two.task=topic"], ["command line: corpus.domains.two", "'source' is missing"]),
        (("task: topic\n", "task: topic\n      lable: x\n"), ["corpus.domains.one.role=source"], ["line 9", "'lable'"]),
        (("labels: [a, b]", "labels: [yes, no]"), [], ["line 5", "got True", "in quotes"]),
        (("labels: [a, b]", "labels: [1, 2]"), [], ["line 5", "got 1", "in quotes"]),
        (("task: topic\n", "task: topic\n      labels: {yes: a}\n"), [], ["line 9", "got True", "in quotes"]),
        (("labels: [a, b]", "labels: a"), [], ["line 5", "it must be a list", "[a, b]"]),
        (("task: topic\n", "task: topic\n      rows: {train:60}\n"), [], ["line 9", "write train: 60"]),
        (("", ""), ["corpus.domains.one.rows={train:60}"], ["command line", "write train: 60"]),
        (("task: topic\n", "task: topic\n      role: traget\n"), [], ["'source' or 'target'; did you mean 'target'"]),
        (("task: topic\n", "task: topic\n      labels: [x]\n"), [], ["section of keys"]),
        (("", ""), ["seeds=3"], ["command line: seeds", "it must be a list"]),
        (("", ""), ["seeds=[x]"], ["whole number"]),
        (("", ""), ["distillation.losses.temperature=0"], ["temperature", "greater than 0"]),
        (("task: topic\n", "task: topic\n      role: target\n"), [], ["nothing to learn from"]),
        (
            ("", ""),
            ["distillation.losses.logits=-1"],
            ["What to do: write a number that is greater than or equal to 0"],
        ),
        (("", ""), ["distillation.losses.logits.v9=1"], ["unknown key 'v9'", "known keys: weight"]),
        (
            ("name: small", "name: small\nteachers.text.model: x"),
            [],
            ["'teachers.text.model'", "line 3", "write keys one inside the other, teachers: {text: {model: ...}}"],
        ),
        (("name: small", "nome: small"), [], ["unknown key 'nome'; did you mean 'name'?", "line 2"]),
        (
            ("name: small", "name: small\ndistillation: {student: {teacher_layers: [0]}}"),
            ["distillation.student.model=x"],
            [
                "line 3: distillation.student, with distillation.student.model of the command line",
                "teacher_layers: null",
            ],
        ),
        (
            ("", ""),
            ["distillation.student.teacher_layers=null"],
            ["nothing to make a student of", "give teacher_layers"],
        ),
        (
            ("", ""),
            ["distillation.share_encoder=true", "evaluation.conditions=[joint]"],
            ["line 1, with distillation.share_encoder, evaluation.conditions of the command line", "drop either"],
        ),
    ],
)
def test_each_mistake_is_told(tmp_path, change, overrides, told):
    with pytest.raises(ConfigError) as caught:
        load_config(_write(tmp_path, SMALL.replace(*change) if change[0] else SMALL), overrides)
    message = str(caught.value)
    assert "small.yaml" in message or "command line" in message
    for part in told:
        assert part in message


@pytest.mark.parametrize("name", ["good.csv", "good.jsonl", "good.parquet"])
def test_rows_in_the_place_of_a_configuration_are_told(tmp_path, name):
    (tmp_path / name).write_text("id,text,domain,label\n")
    with pytest.raises(ConfigError, match=r"not a configuration.*own_data"):
        load_config(tmp_path / name)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        load_config(tmp_path / "nowhere.yaml")


RUNS = sorted(path for path in CONFIGS.glob("*.yaml") if not path.stem.startswith(("study_", "tune_")))


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_every_shipped_configuration_is_valid(path, monkeypatch):
    monkeypatch.setenv("CDKD_DATA", "shared/data")
    config = load_config(path)
    assert config.name == path.stem
    assert f"cdkd run configs/{path.name}" in path.read_text().splitlines()[0]
