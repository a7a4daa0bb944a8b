"""Teachers that a student must not learn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from cdkd_kg.config_losses import LossesConfig
from cdkd_kg.distillation.distill import Beside, TrainingSet, distill
from cdkd_kg.distillation.guards import OF_EMBEDDING, need_useful_teacher, need_varied_states
from cdkd_kg.distillation.student import new_student
from cdkd_kg.distillation.word_set import WordSet
from cdkd_kg.distillation.words import distill_words
from cdkd_kg.errors import TrainingError
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.words import WordAnswers
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


OFF = {"hidden_states": 0, "document_relations": 0}
CASES = [("hidden", "hidden_states"), *(("embedding", name) for name in OF_EMBEDDING)]


@pytest.mark.parametrize(("states", "loss"), CASES)
@pytest.mark.parametrize("value", [0.0, 1.0, -30.0])
def test_states_that_are_the_same_everywhere_are_refused_where_a_loss_copies_them(states, loss, value):
    signal = replace(_signal(), **{states: np.full((24, 32), value, np.float16)})
    need_varied_states(signal, LossesConfig.model_validate(OFF))
    with pytest.raises(TrainingError, match=f"for every text .* and {loss} copy that"):
        need_varied_states(signal, LossesConfig.model_validate(OFF | {loss: 1}))


def test_a_collapsed_teacher_stops_the_training_of_texts_and_of_words(student):
    flat = np.ones((24, 32), np.float16)
    with pytest.raises(TrainingError, match="the same hidden states"):
        distill(TRAINING, replace(_signal(), hidden=flat), TASK, student[0], _config(), 1)
    words = WordSet(["a", "b"], [["ball", "goal"], ["bank"]], [[None] * 2, [None]])
    said = WordAnswers(np.eye(3, 2, dtype=np.float32), np.ones((3, 32), np.float32), np.ones(3, bool))
    with pytest.raises(TrainingError, match="the same hidden states"):
        distill_words(words, words.signal(said, TASK, "t"), TASK, student[0], _config(), 1)


def test_one_text_copies_of_it_and_rows_that_do_not_count_refuse_nobody():
    losses, states = LossesConfig(), np.ones((2, 4))
    made = {"teacher": "t", "labels": ["x", "y"], "ids": ["a", "b"], "logits": np.eye(2), "hidden": states}
    need_varied_states(TeacherSignal.of(**made, text_hashes=["h", "h"], embedding=states), losses)
    some = TeacherSignal.of(**made, text_hashes=["h", "i"], embedding=states, weight=np.array([1, 0]))
    need_varied_states(some, losses)
    with pytest.raises(TrainingError, match="the same hidden states"):
        need_varied_states(replace(some, weight=np.ones(2, np.float16)), losses)
    apart = replace(some, weight=np.ones(2, np.float16), hidden=np.array([[9, 9], [9, 9.1]], np.float16))
    with pytest.raises(TrainingError, match="the same geometry"):
        need_varied_states(apart, losses)
    need_varied_states(apart, losses, geometry=False)


def test_states_are_looked_at_in_parts_and_a_late_difference_is_found(monkeypatch):
    monkeypatch.setattr("cdkd_kg.distillation.guards.ROWS", 7)
    states = np.ones((24, 32), np.float16)
    states[23, 5] = 2
    need_varied_states(replace(_signal(), hidden=states), LossesConfig())
