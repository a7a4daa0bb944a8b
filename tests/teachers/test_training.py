"""What every training refuses: a loss that is not finite, and nothing to learn from."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from cdkd_kg.config import TextTeacherConfig
from cdkd_kg.distillation.batches import DistillationCollator
from cdkd_kg.distillation.course import Lesson
from cdkd_kg.distillation.distill import TrainingSet, distill
from cdkd_kg.distillation.distill_shared import distill_shared
from cdkd_kg.distillation.word_set import WordSet
from cdkd_kg.distillation.words import distill_words
from cdkd_kg.errors import DataRefusedError, TrainingError
from cdkd_kg.teachers.text import train_text_teacher
from tests.distillation import test_words
from tests.distillation.test_distill import TASK, TEXTS, TRAINING, _signal
from tests.models import tiny_bert
from tests.teachers.test_resumable import config

EMPTY = TrainingSet([], [], [], np.zeros((0, 2), np.float32))
UNLABELLED = replace(TRAINING, targets=np.full((24, 2), -1, np.float32))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split(), layers=4)


def test_a_training_ends_at_the_first_logged_loss_that_is_not_finite(model, monkeypatch):
    batches = []
    collate = DistillationCollator.__call__
    monkeypatch.setattr(DistillationCollator, "__call__", lambda self, rows: batches.append(1) or collate(self, rows))
    wild = config(learning_rate=1e30, max_grad_norm=0.0, optim="sgd", num_train_epochs=9)
    with pytest.raises(TrainingError, match=r"not finite \(step 3, over (d/\d\d, ){7}d/\d\d\).*another folder"):
        distill(TRAINING, _signal(), TASK, model, wild, 1)
    assert len(batches) <= 4  # of 27; a loader reads one ahead


@pytest.mark.parametrize("batches", [1, 2])
def test_it_tells_the_rows_of_the_step_also_in_another_epoch(model, monkeypatch, batches):
    read = []
    collate = DistillationCollator.__call__
    monkeypatch.setattr(DistillationCollator, "__call__", lambda self, rows: read.append(rows) or collate(self, rows))
    half = {"per_device_train_batch_size": 12 // batches, "gradient_accumulation_steps": batches}
    wild = config(learning_rate=1e30, max_grad_norm=0.0, optim="sgd", num_train_epochs=9, **half)
    with pytest.raises(TrainingError) as refused:
        distill(TRAINING, _signal(), TASK, model, wild, 1)
    step, told = re.search(r"step (\d+), over (.*?)\)", str(refused.value)).groups()
    assert int(step) > 2
    rows = [row["signal_row"] for batch in read[(int(step) - 1) * batches :][:batches] for row in batch]
    assert told.split(", ") == [_signal().ids[row] for row in rows]


def test_a_loss_that_no_log_shows_is_not_missed(model):
    wild = config(learning_rate=1e30, max_grad_norm=0.0, optim="sgd", logging_steps=500)
    with pytest.raises(TrainingError, match=r"not finite \(step 3, over "):
        distill(TRAINING, _signal(), TASK, model, wild, 1)


def test_nothing_to_learn_from_is_told(model):
    words = test_words._config(teacher_layers=(0, 1))
    none = WordSet([], [], [])
    for run in (
        lambda: distill(UNLABELLED, None, TASK, model, config(), 1),
        lambda: distill(EMPTY, None, TASK, model, config(), 1),
        lambda: distill(EMPTY, _signal(), TASK, model, config(), 1),
        lambda: distill_shared({"topic": Lesson(UNLABELLED, None, TASK)}, model, config(), 1),
        lambda: distill_words(test_words.UNLABELLED, None, test_words.TASK, model, words, 1),
        lambda: distill_words(none, None, test_words.TASK, model, words, 1),
        lambda: train_text_teacher([], EMPTY.targets, TASK, TextTeacherConfig(model=str(model)), 1),
    ):
        with pytest.raises(DataRefusedError, match=r"nothing to learn from.*give labelled texts"):
            run()
