"""Training that is killed at any moment, while it saves too, and resumed, gives the same student, bit for bit."""

from __future__ import annotations

import hashlib
import multiprocessing
import random
import time
from pathlib import Path

import pytest

from cdkd_kg.config import DistillationConfig, LossesConfig, StudentConfig, TrainingConfig
from cdkd_kg.distillation.distill import Beside, distill
from cdkd_kg.distillation.joint import JointGraph
from tests.distillation.test_distill import TASK, TEXTS, TRAINING, _signal
from tests.distillation.test_joint import MENTIONED, graph
from tests.models import tiny_bert

STEPS, KILLS = 36, 20


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split(), layers=4)


def train(model: Path, folder: Path, out: Path, joint: JointGraph | None) -> None:
    """Train with dropout, a projection and three batches an epoch, and write the student's weights."""
    training = TrainingConfig(
        num_train_epochs=12, per_device_train_batch_size=8, learning_rate=5e-3, logging_steps=1, save_steps=1
    )
    losses = LossesConfig.model_validate({"contrastive": 0.5})
    config = DistillationConfig(student=StudentConfig(teacher_layers=(0, 3)), training=training, losses=losses)
    student = distill(TRAINING, _signal(hidden=7), TASK, model, config, 1, Beside(joint), folder)
    assert student.curve[-1]["step"] == STEPS
    assert [entry["step"] for entry in student.curve] == list(range(1, STEPS + 1))
    student.model.save_pretrained(out)


def in_a_process(model: Path, folder: Path, out: Path, joint: JointGraph | None) -> multiprocessing.Process:
    """Start in a process of its own, which no training of this one went before."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=train, args=(model, folder, out, joint))
    process.start()
    return process


def finish(process: multiprocessing.Process) -> None:
    process.join(timeout=300)
    assert process.exitcode == 0


def killed(process: multiprocessing.Process, folder: Path, step: int, chance: random.Random) -> bool:
    """Kill a process a moment after it began to save a step; say whether it was still at work."""
    begun = [f"checkpoint-{step}", f".checkpoint-{step}."]
    while process.is_alive():
        if folder.is_dir() and any(path.name.startswith(tuple(begun)) for path in folder.iterdir()):
            break
        time.sleep(0.001)
    time.sleep(chance.random() * 0.01)  # about as long as saving a step and learning the next one take
    alive = process.is_alive()
    process.kill()  # which is SIGKILL, and nothing where it was done before
    process.join()
    return alive


def digest(out: Path) -> str:
    return hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()


def test_twenty_kills_at_random_steps_leave_the_same_student(model, tmp_path):
    finish(in_a_process(model, tmp_path / "whole", tmp_path / "expected", None))
    chance, resumed = random.Random(0), 0
    for trial in range(KILLS):
        folder, out = tmp_path / f"run{trial}", tmp_path / f"student{trial}"
        step = chance.randrange(1, STEPS)
        resumed += killed(in_a_process(model, folder, out, None), folder, step, chance)
        finish(in_a_process(model, folder, out, None))
        assert digest(out) == digest(tmp_path / "expected"), f"killed at step {step}"
    assert resumed >= KILLS - 2


def test_one_run_killed_again_and_again_goes_on_where_it_was(model, tmp_path):
    finish(in_a_process(model, tmp_path / "whole", tmp_path / "expected", None))
    chance, folder = random.Random(1), tmp_path / "run"
    for step in (4, 5, 13, 27):
        assert killed(in_a_process(model, folder, tmp_path / "student", None), folder, step, chance)
    finish(in_a_process(model, folder, tmp_path / "student", None))
    assert digest(tmp_path / "student") == digest(tmp_path / "expected")


def test_a_network_that_learns_with_the_student_goes_on_too(model, tmp_path):
    joint = graph(MENTIONED)
    finish(in_a_process(model, tmp_path / "whole", tmp_path / "expected", joint))
    folder = tmp_path / "run"
    assert killed(in_a_process(model, folder, tmp_path / "student", joint), folder, 11, random.Random(2))
    finish(in_a_process(model, folder, tmp_path / "student", joint))
    assert digest(tmp_path / "student") == digest(tmp_path / "expected")


def test_a_checkpoint_that_was_cut_or_altered_is_passed_over(model, tmp_path):
    finish(in_a_process(model, tmp_path / "whole", tmp_path / "expected", None))
    folder = tmp_path / "run"
    killed(in_a_process(model, folder, tmp_path / "student", None), folder, 9, random.Random(3))
    newest = max(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    weights = bytearray((newest / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (newest / "model.safetensors").write_bytes(weights)
    finish(in_a_process(model, folder, tmp_path / "student", None))
    assert digest(tmp_path / "student") == digest(tmp_path / "expected")
