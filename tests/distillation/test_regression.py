"""Values in place of labels: a teacher of them, a student, and what is refused."""

from dataclasses import replace
from string import ascii_lowercase

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from cdkd_kg.artifacts import sha256_text
from cdkd_kg.config import (
    DistillationConfig,
    LossesConfig,
    StudentConfig,
    TaskConfig,
    TextTeacherConfig,
    TrainingConfig,
)
from cdkd_kg.distillation.distill import Beside, TrainingSet, distill
from cdkd_kg.distillation.losses.hard_label import HardLabelLoss
from cdkd_kg.distillation.losses.jensen_shannon import JensenShannonLoss
from cdkd_kg.distillation.losses.logits import LogitsLoss
from cdkd_kg.errors import ConfigError, TrainingError
from cdkd_kg.export.bundle import save_bundle
from cdkd_kg.teachers.models import load_classifier, predict
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.text import train_text_teacher
from tests.distillation.losses.batches import EVERY, batch
from tests.models import tiny_bert

TASK = TaskConfig(labels=("stars",), regression=True)
WORDS = ["bad", "poor", "fair", "good", "great"]
TEXTS = [f"{WORDS[number % 5]} {ascii_lowercase[number]}" for number in range(25)]
VALUES = np.array([[number % 5 - 2.0] for number in range(25)], dtype=np.float32)  # from -2 to 2: -1 is a value
IDS, HASHES = [f"d/{number:02}" for number in range(25)], [sha256_text(text) for text in TEXTS]
TRAINING = TrainingConfig(num_train_epochs=40, learning_rate=5e-3, per_device_train_batch_size=8)
UNKNOWN = TrainingSet(IDS, HASHES, TEXTS, np.full((25, 1), np.nan, np.float32))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split())


@pytest.fixture(scope="module")
def signal(model):
    settings = TextTeacherConfig(model=str(model), max_length=16, training=TRAINING)
    teacher = train_text_teacher(TEXTS, VALUES, TASK, settings, seed=0)
    values, hidden = predict(teacher.model, teacher.tokenizer, TEXTS, 16, 8)
    assert np.abs(values - VALUES).mean() < 0.3
    return TeacherSignal.of(
        teacher="t", labels=TASK.labels, ids=IDS, text_hashes=HASHES, logits=values, hidden=hidden, embedding=hidden
    )


def _config(**losses):
    losses = LossesConfig.model_validate(losses)
    return DistillationConfig(
        student=StudentConfig(teacher_layers=(0,), max_length=16), losses=losses, training=TRAINING
    )


def test_a_student_learns_values_it_was_never_shown_and_is_saved_as_a_regression(model, signal, tmp_path):
    student = distill(UNKNOWN, signal, TASK, model, _config(), seed=1)
    said = predict(student.model, student.tokenizer, TEXTS, 16, 8)[0]
    assert np.abs(said - VALUES).mean() < 0.5
    save_bundle(student.model, student.tokenizer, 16, {}, tmp_path)
    assert load_classifier(tmp_path, TASK.labels, False, regression=True).config.problem_type == "regression"


def test_without_a_teacher_it_learns_from_known_values_alone_though_they_be_minus_one(model):
    some = replace(UNKNOWN, targets=np.where(np.arange(25)[:, None] < 10, VALUES, np.nan).astype(np.float32))
    assert some.labelled(regression=True).targets.tolist() == VALUES[:10].tolist()
    student = distill(some, None, TASK, model, _config(), seed=1)
    assert np.abs(predict(student.model, student.tokenizer, TEXTS[:10], 16, 8)[0] - VALUES[:10]).mean() < 0.5


def test_the_errors_are_squared_and_known_values_alone_count():
    values = {"student_logits": torch.tensor([[1.0], [2.0]]), "teacher_logits": torch.tensor([[0.0], [4.0]])}
    made = batch(2, targets=torch.tensor([[torch.nan], [-1.0]]), weight=torch.tensor([1.0, 3.0]), **values)
    made = replace(made, regression=True)
    assert float(HardLabelLoss()(made)) == 9
    assert float(LogitsLoss(5.0)(made)) == (1 * 1 + 3 * 4) / 4
    with pytest.raises(ValueError, match="JensenShannonLoss compares probabilities"):
        JensenShannonLoss(1.0)(made)
    for name in sorted(EVERY.keys() - {"reverse_logits", "jensen_shannon", "decoupled", "standardised_logits"}):
        assert torch.isfinite(EVERY[name](made)), name


def test_a_loss_of_probabilities_and_a_teacher_of_mixed_up_values_are_refused(model, signal):
    with pytest.raises(ConfigError, match=r"jensen_shannon compares probabilities.*leave this loss at 0"):
        distill(UNKNOWN, signal, TASK, model, _config(jensen_shannon=1), seed=1)
    judges = replace(UNKNOWN, targets=VALUES)
    with pytest.raises(TrainingError, match="its mean squared error is"):
        distill(
            UNKNOWN, replace(signal, logits=-9 * signal.logits), TASK, model, _config(), 1, Beside(validation=judges)
        )


def test_a_regression_has_one_value_and_other_tasks_two_labels():
    for wrong in (
        {"labels": ["a", "b"], "regression": True},
        {"labels": ["a"], "regression": True, "multi_label": True},
    ):
        with pytest.raises(ValidationError, match="a regression has one value"):
            TaskConfig.model_validate(wrong)
    with pytest.raises(ValidationError, match="2 labels at least"):
        TaskConfig.model_validate({"labels": ["a"]})


def test_values_that_a_signal_does_not_hold_are_refused_and_small_ones_are_not(model, signal):
    large = TeacherSignal.of(
        teacher="t", labels=TASK.labels, ids=IDS, text_hashes=HASHES, logits=1e5 * VALUES,
        hidden=signal.hidden, embedding=signal.embedding,
    )  # fmt: skip
    with pytest.raises(TrainingError, match="holds values up to 65504"):
        distill(UNKNOWN, large, TASK, model, _config(), seed=1)
    small = replace(signal, logits=(1e-4 * VALUES[[IDS.index(name) for name in signal.ids]]).astype(np.float16))
    quick = _config().model_copy(update={"training": TRAINING.model_copy(update={"num_train_epochs": 1})})
    assert distill(UNKNOWN, small, TASK, model, quick, seed=1).curve is not None
