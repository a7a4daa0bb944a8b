"""Gradients of small batches, added up, are those of one batch of all their rows, whatever labels and weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from cdkd_kg.config import DistillationConfig, LossesConfig, StudentConfig, TrainingConfig
from cdkd_kg.distillation.course import Lesson
from cdkd_kg.distillation.distill import Beside, distill
from cdkd_kg.distillation.distill_shared import distill_shared
from cdkd_kg.distillation.words import distill_words
from cdkd_kg.teachers.entity_signal import EntitySignal
from cdkd_kg.teachers.models import load_classifier, load_tokenizer
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.text import TextTeacher
from tests.distillation import test_shared, test_words
from tests.distillation.test_distill import IDS, TASK, TEXTS, TRAINING, TRUTH, _signal
from tests.models import tiny_bert

SPLITS = ((8, 1), (4, 2), (2, 4))
OFF = dict.fromkeys(("hard_label", "logits", "hidden_states", "document_relations"), 0)
SOFT = dict.fromkeys(("hard_label", "logits", "reverse_logits", "jensen_shannon", "decoupled", "hidden_states"), 1)
RELATIONS = {"weight": 1, "heads": 2}
THIRD = replace(TRAINING, targets=np.where(np.arange(24)[:, None] % 3 == 0, TRUTH, -1).astype(np.float32))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    words = [*" ".join([*TEXTS, *test_shared.TAGGED]).split(), *(word for words in test_words.TEXTS for word in words)]
    return tiny_bert(tmp_path_factory.mktemp("bert"), words, layers=2)


def config(size, steps, losses):
    training = TrainingConfig(
        num_train_epochs=2,
        optim="sgd",
        learning_rate=0.1,
        max_grad_norm=0,
        per_device_train_batch_size=size,
        gradient_accumulation_steps=steps,
        logging_steps=1,
    )
    student = StudentConfig(teacher_layers=(0, 1))
    return DistillationConfig(student=student, training=training, losses=LossesConfig.model_validate(OFF | losses))


def weighed(signal, weight=None):
    rows = len(signal.ids)
    return replace(signal, weight=np.linspace(0, 1, rows, dtype=np.float16) if weight is None else weight)


def need_same(students, atol=2e-6):
    first, *others = ([*one.model.state_dict().values()] for one in students)
    for other in others:
        assert max(float((one - two).abs().max()) for one, two in zip(first, other, strict=True)) < atol
    curves = [[entry[name] for entry in one.curve for name in entry if name.startswith("loss")] for one in students]
    assert all(one == pytest.approx(curves[0], abs=2e-5) for one in curves[1:])


@pytest.mark.parametrize("losses", [SOFT, {"hard_label": 1}], ids=["soft", "labels"])
@pytest.mark.parametrize("rows", [24, 21])
def test_losses_of_documents_are_those_of_the_whole_step(model, losses, rows):
    some = replace(THIRD, **{name: getattr(THIRD, name)[:rows] for name in ("ids", "text_hashes", "texts", "targets")})
    need_same([distill(some, weighed(_signal(hidden=7)), TASK, model, config(*split, losses), 1) for split in SPLITS])


def test_losses_of_tokens_and_mentions_are_those_of_the_whole_step(model):
    mentions = [(IDS[row], 0, len(TEXTS[row].split()[0]), f"urn:{row % 2}") for row in range(0, 24, 3)]
    vectors = {f"urn:{number}": np.eye(3, dtype=np.float32)[number] for number in range(2)}
    losses = {"layer_states": 1, "attention": RELATIONS, "value_relations": RELATIONS, "entity_alignment": 1}
    students = []
    for split in SPLITS:
        teacher = TextTeacher(load_classifier(model, TASK.labels, False), load_tokenizer(model), [])
        beside = Beside(text_teacher=teacher, entities=EntitySignal.of(IDS, mentions, vectors))
        students.append(distill(THIRD, weighed(_signal()), TASK, model, config(*split, losses), 1, beside))
    need_same(students)


def test_losses_of_words_are_those_of_the_whole_step(model):
    keys = test_words.UNLABELLED.keys()
    chance = np.random.default_rng(0)
    rows = len(keys[0])
    signal = TeacherSignal.of(
        teacher="t", labels=test_words.TASK.labels, ids=keys[0], text_hashes=keys[1],
        logits=chance.normal(size=(rows, 3)), hidden=chance.normal(size=(rows, 7)),
        embedding=chance.normal(size=(rows, 5)), weight=chance.random(rows),
    )  # fmt: skip
    labels = [one if place % 3 == 0 else [None] * len(one) for place, one in enumerate(test_words.LABELS)]
    some = replace(test_words.LABELLED, labels=labels)
    need_same([distill_words(some, signal, test_words.TASK, model, config(*split, SOFT), 1) for split in SPLITS])


def test_losses_of_several_tasks_are_those_of_the_whole_step(model):
    losses = {"hard_label": 1, "logits": 1, "hidden_states": 1}
    topic, tags = test_shared._lessons().values()
    lessons = {
        "topic": Lesson(replace(topic.training_set, targets=THIRD.targets), weighed(topic.signal), TASK),
        "tags": Lesson(tags.training_set, weighed(tags.signal), tags.task),
    }
    made = [distill_shared(lessons, model, config(*split, losses), 1) for split in SPLITS]
    for task in lessons:
        for one, two in zip(*(made[place][task].model.state_dict().values() for place in (0, 2)), strict=True):
            assert torch.allclose(one, two, atol=2e-6)


def test_losses_over_relations_count_by_the_rows_of_their_batch(model):
    losses = {"document_relations": 1}
    said = [distill(THIRD, _signal(), TASK, model, config(*split, losses), 1).curve for split in SPLITS[:2]]
    assert [entry["step"] for entry in said[0]] == [entry["step"] for entry in said[1]]
    assert said[0] != said[1]  # they see the pairs within four texts, not eight
