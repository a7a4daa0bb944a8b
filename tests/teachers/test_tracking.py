"""The losses of a training arrive at every tracker, by name, and nothing in the student tells who was watching."""

from __future__ import annotations

from contextlib import suppress

import pytest
import torch
from transformers import TrainerControl, TrainerState

from cdkd_kg.config import TextTeacherConfig
from cdkd_kg.distillation.distill import distill
from cdkd_kg.teachers.text import train_text_teacher
from cdkd_kg.teachers.tracking import Tracking, tracked
from cdkd_kg.teachers.training import training_arguments
from tests.distillation.test_distill import TASK, TEXTS, TRAINING, TRUTH, _config, _signal
from tests.models import tiny_bert

LOSSES = {"loss_hard_label", "loss_logits", "loss_hidden_states", "loss_document_relations"}
STEPS = [1, 2, 3, 4, 5, 6]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split(), layers=4)


def config():
    made = _config(2)
    often = made.training.model_copy(update={"logging_steps": 1, "save_steps": 1})
    return made.model_copy(update={"training": often})


def train(model, tracking, folder=None):
    return distill(TRAINING, _signal(), TASK, model, config(), 1, folder=folder, tracking=tracking)


def cut_short(tracking):
    """Begin a training and end it by an error."""
    arguments = training_arguments(config().training, 0, tracking.folder)
    with suppress(ZeroDivisionError), tracked(tracking) as (callback,):
        callback.on_train_begin(arguments, TrainerState(is_world_process_zero=True), TrainerControl())
        raise ZeroDivisionError


def events(folder):
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="tensorboard is not installed"
    )
    return accumulator.EventAccumulator(str(folder)).Reload()


def test_tensorboard_has_every_loss_of_every_step_and_the_student_is_the_same(model, tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    watched = train(model, Tracking(["tensorboard"], "run", tmp_path / "board"))
    found = events(tmp_path / "board")
    assert {f"train/{name}" for name in LOSSES} <= set(found.Tags()["scalars"])
    curve = [(entry["step"], pytest.approx(entry["loss_logits"])) for entry in watched.curve]
    assert [(point.step, point.value) for point in found.Scalars("train/loss_logits")] == curve
    alone = train(model, None)
    assert watched.curve == alone.curve
    weights = [student.model.state_dict() for student in (watched, alone)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])


def test_what_is_done_again_after_a_stop_is_shown_once(model, tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    tracking = Tracking(["tensorboard"], "run", tmp_path / "board")
    for _ in range(2):  # the second goes on from the last checkpoint, which is one step before the end
        train(model, tracking, tmp_path / "checkpoints")
    assert len(list((tmp_path / "board").iterdir())) == 2
    assert [point.step for point in events(tmp_path / "board").Scalars("train/loss")] == STEPS


def test_a_text_teacher_is_watched_too(model, tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    settings = TextTeacherConfig(model=str(model), max_length=16, training=config().training)
    train_text_teacher(TEXTS, TRUTH, TASK, settings, 0, tracking=Tracking(["tensorboard"], "run", tmp_path))
    assert [point.step for point in events(tmp_path).Scalars("train/loss")] == STEPS


def test_each_training_is_a_run_of_its_own_in_mlflow_and_one_cut_short_has_failed(model, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    pytest.importorskip("sqlalchemy", reason="the store of mlflow needs sqlalchemy")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mlflow.tracking._tracking_service.utils, "_tracking_uri", None)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    for name in ("run/student/one", "run/student/two"):
        train(model, Tracking(["mlflow"], name, tmp_path))
    cut_short(Tracking(["mlflow"], "run/student/three", tmp_path))
    assert mlflow.active_run() is None
    runs = {run.info.run_name: run for run in mlflow.search_runs(output_format="list")}
    status = {name.rpartition("/")[2]: run.info.status for name, run in runs.items()}
    assert status == {"one": "FINISHED", "two": "FINISHED", "three": "FAILED"}
    assert runs["run/student/two"].data.metrics.keys() >= LOSSES


def test_each_training_is_a_run_of_its_own_in_wandb(model, tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.chdir(tmp_path)
    for name, value in {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}.items():
        monkeypatch.setenv(name, value)
    for name in ("run/student/one", "run/student/two"):
        train(model, Tracking(["wandb"], name, tmp_path))
        assert wandb.run is None
    cut_short(Tracking(["wandb"], "run/student/three", tmp_path))
    assert wandb.run is None
    written = [path.read_bytes() for path in sorted(tmp_path.glob("wandb/offline-run-*/*.wandb"))]
    for name in ("one", "two", "three"):
        assert sum(f"run/student/{name}".encode() in content for content in written) == 1
    assert all(sum(f"train/{loss}".encode() in content for content in written) == 2 for loss in LOSSES)


def test_of_several_processes_the_first_alone_opens_a_file(tmp_path):
    arguments = training_arguments(config().training, 0, tmp_path)
    with tracked(Tracking(("tensorboard",), "run", tmp_path / "events")) as (callback,):
        other = TrainerState(is_world_process_zero=False)
        callback.on_train_begin(arguments, other, TrainerControl(), model=None)
    assert not (tmp_path / "events").exists()
