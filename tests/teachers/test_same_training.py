"""A folder of checkpoints goes on with the training that it is of, and with no other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from datasets import Dataset

from cdkd_kg.artifacts import seal
from cdkd_kg.config import TaskConfig, TextTeacherConfig
from cdkd_kg.distillation.course import Lesson
from cdkd_kg.distillation.distill import distill
from cdkd_kg.distillation.distill_shared import distill_shared
from cdkd_kg.distillation.words import distill_words
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.same_training import ABOUT, digest
from cdkd_kg.teachers.text import train_text_teacher
from tests.distillation import test_words
from tests.distillation.test_distill import IDS, TASK, TEXTS, TRAINING, TRUTH, _signal
from tests.models import tiny_bert
from tests.teachers.test_resumable import config

OTHER = {
    "another seed": {"seed": 2},
    "other labels": {"texts": replace(TRAINING, targets=np.where(np.arange(24)[:, None] < 9, TRUTH, -1))},
    "another order": {"texts": replace(TRAINING, texts=TEXTS[:2][::-1] + TEXTS[2:])},
    "another rate": {"options": {"learning_rate": 1e-4}},
    "layers that learn slower": {"options": {"layerwise_lr_decay": 0.5}},
    "another signal": {"signal": replace(_signal(hidden=7), logits=-_signal().logits)},
    "another teacher": {"signal": replace(_signal(hidden=7), teacher="u" * 64)},
    "another loss": {"losses": {"logits": 2}},
}
DIFFERS = {"signal": "the teacher's signal", "texts": "texts and labels", "losses": "losses"}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    words = [*" ".join(TEXTS).split(), *(word for words in test_words.TEXTS for word in words)]
    return tiny_bert(tmp_path_factory.mktemp("bert"), words, layers=4)


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    made = tmp_path_factory.mktemp("run")
    go(model, made)
    return made


def go(model, folder, texts=TRAINING, signal=None, seed=1, options=None, losses=None):
    made = config(**options or {})
    made = made.model_copy(update={"losses": type(made.losses).model_validate(losses or {})})
    return distill(texts, _signal(hidden=7) if signal is None else signal, TASK, model, made, seed, folder=folder)


@pytest.mark.parametrize("other", OTHER)
def test_another_training_does_not_go_on_from_a_folder(model, folder, other):
    (part,) = OTHER[other]
    with pytest.raises(ConfigError, match=f"of another training.*{DIFFERS.get(part, '')}.*another folder"):
        go(model, folder, **OTHER[other])


def test_another_model_to_start_from_is_another_training(folder, tmp_path):
    other = tiny_bert(tmp_path, [*" ".join(TEXTS).split(), "more"], layers=4)
    with pytest.raises(ConfigError, match="the model at the start"):
        go(other, folder)


def test_when_it_logs_and_saves_may_change(model, folder):
    student = go(model, folder, options={"save_steps": 3, "logging_steps": 3, "report_to": ()})
    whole = go(model, None)
    pairs = zip(student.model.state_dict().values(), whole.model.state_dict().values(), strict=True)
    assert all(torch.equal(one, two) for one, two in pairs)


def test_a_checkpoint_that_does_not_say_what_it_is_of_is_refused(model, tmp_path):
    go(model, tmp_path)
    for checkpoint in tmp_path.glob("checkpoint-*"):
        (checkpoint / ABOUT).unlink()
        (checkpoint / "manifest.json").unlink()
        seal(checkpoint, {})
    with pytest.raises(ConfigError, match="an earlier version"):
        go(model, tmp_path)


def test_teachers_and_students_of_words_and_tasks_refuse_it_too(model, tmp_path):
    training = config().training
    text = TextTeacherConfig(model=str(model), training=training)
    words = test_words._config(teacher_layers=(0, 1)).model_copy(update={"training": training})
    runs = {
        "text": lambda seed, folder: train_text_teacher(TEXTS, TRUTH, TASK, text, seed, folder),
        "words": lambda seed, folder: distill_words(
            test_words.LABELLED, None, test_words.TASK, model, words, seed, folder
        ),
        "shared": lambda seed, folder: distill_shared(
            {"topic": Lesson(TRAINING, _signal(), TASK)}, model, config(), seed, folder
        ),
    }
    for name, run in runs.items():
        run(1, tmp_path / name)
        run(1, tmp_path / name)
        with pytest.raises(ConfigError, match="of another training"):
            run(2, tmp_path / name)


def test_a_digest_is_of_the_content():
    rows = Dataset.from_dict({"ids": [[1, 2], [3]], "name": ["a", "b"]})
    assert digest(rows) == digest(Dataset.from_dict({"ids": [[1, 2], [3]], "name": ["a", "b"]}))
    assert digest(rows) == digest(rows.select([0, 1]))
    values = [
        rows, rows.select([1, 0]), Dataset.from_dict({"ids": [[1], [2, 3]], "name": ["a", "b"]}), [1, "1"], ["1", 1],
        [[1], 2], [1, [2]], 1.0, 1, None, "", np.zeros(2), np.zeros((2, 1)), torch.zeros(2), {"a": 1}, {"a": "1"},
        torch.zeros(2, dtype=torch.bfloat16), TaskConfig(labels=("a", "b")), TaskConfig(labels=("a", "c")), _signal(),
        replace(_signal(), ids=tuple(f"{name}x" for name in IDS)),
    ]  # fmt: skip
    assert len({digest(value) for value in values}) == len(values)
    mapped = np.zeros(2).view(np.memmap)
    assert digest(mapped) == digest(np.zeros(2))
