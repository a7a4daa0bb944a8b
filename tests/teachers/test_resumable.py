"""A checkpoint has all that training needs to go on, whatever the optimiser, the schedule and the accumulation."""

from __future__ import annotations

import numpy as np
import pytest

from cdkd_kg.distillation.distill import distill
from cdkd_kg.teachers.models import predict
from tests.distillation.test_distill import TASK, TEXTS, TRAINING, _config, _signal
from tests.models import tiny_bert

SMALL = {"num_train_epochs": 2, "logging_steps": 1, "save_steps": 1}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split(), layers=4)


def config(**options):
    made = _config(2)
    return made.model_copy(update={"training": made.training.model_copy(update=SMALL | options)})


@pytest.mark.parametrize(
    "options",
    [
        {"optim": "sgd", "lr_scheduler_type": "polynomial"},
        {"optim": "adafactor", "lr_scheduler_type": "cosine"},
        {"gradient_accumulation_steps": 2, "per_device_train_batch_size": 4},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_a_run_that_stopped_ends_as_one_that_did_not(model, tmp_path, options):
    whole, parts = (
        distill(TRAINING, _signal(hidden=7), TASK, model, config(**options), 1, folder=tmp_path) for _ in range(2)
    )
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["checkpoint-4", "checkpoint-5"]  # the last two; the sixth step is the student
    said = [predict(student.model, student.tokenizer, TEXTS, 16, 8)[0] for student in (whole, parts)]
    assert np.array_equal(*said)
    assert whole.curve == parts.curve


def test_nothing_in_a_checkpoint_is_pickled(model, tmp_path):
    distill(TRAINING, _signal(), TASK, model, config(), 1, folder=tmp_path)
    files = {path.suffix for path in (tmp_path / "checkpoint-5").iterdir()}
    assert files == {".json", ".safetensors"}
