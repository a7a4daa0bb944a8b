"""Teachers that a student must not learn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from cdkd_kg.distillation.distill import Beside, TrainingSet, distill
from cdkd_kg.distillation.guards import need_useful_teacher
from cdkd_kg.distillation.student import new_student
from cdkd_kg.errors import TrainingError
from tests.distillation.test_distill import HASHES, IDS, TASK, TEXTS, TRAINING, TRUTH, _config, _signal
from tests.models import tiny_bert

JUDGES = TrainingSet(IDS, HASHES, TEXTS, TRUTH)


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    folder = tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split(), layers=4)
    return folder, *new_student(_config().student, folder, TASK)


def saying(logits):
    return replace(_signal(), logits=np.asarray(logits, dtype=np.float16))


def judge(student, signal, validation=JUDGES, task=TASK):
    need_useful_teacher(signal, validation, task, *student[1:], 16)


def test_a_teacher_with_its_labels_mixed_up_is_refused_with_the_numbers(student):
    with pytest.raises(TrainingError, match="untrained student") as refused:
        judge(student, saying(4 - 8 * TRUTH))
    assert "of 24 texts it has 0 right" in str(refused.value)
    with pytest.raises(TrainingError, match="untrained student"):
        distill(TRAINING, saying(4 - 8 * TRUTH), TASK, student[0], _config(), 1, Beside(validation=JUDGES))


def test_a_teacher_that_says_the_same_of_every_text_is_refused(student):
    with pytest.raises(TrainingError, match="the same of every text"):
        judge(student, saying(np.tile([1.0, -1.0], (24, 1))), None)


def test_a_good_teacher_passes_and_few_texts_refuse_nobody(student):
    judge(student, saying(8 * TRUTH - 4))
    few = TrainingSet(IDS[:4], HASHES[:4], TEXTS[:4], TRUTH[:4])
    judge(student, saying(4 - 8 * TRUTH), few)
    judge(student, saying(4 - 8 * TRUTH), None)
    judge(student, saying(4 - 8 * TRUTH), TrainingSet([], [], [], TRUTH[:0]))


def test_independent_labels_are_judged_together(student):
    many = TASK.model_copy(update={"multi_label": True})
    judge(student, saying(8 * TRUTH - 4), task=many)


def test_a_teacher_that_knows_the_rare_class_is_not_worse_than_a_head_that_never_says_it(student):
    rare = np.arange(24) < 3
    truth = np.eye(2, dtype=np.float32)[np.where(rare, 0, 1)]
    said = np.where(rare | (np.arange(24) > 15), 0, 1)  # all of the rare class, and eight too many
    with torch.no_grad():
        student[1].classifier.weight.zero_()
        student[1].classifier.bias.copy_(torch.tensor([0.0, 9.0]))
    judge(student, saying(8 * np.eye(2)[said] - 4), TrainingSet(IDS, HASHES, TEXTS, truth))
