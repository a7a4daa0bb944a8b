"""A checkpoint has all that training needs to go on, whatever the optimiser, the schedule and the accumulation."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from cdkd_kg.distillation.distill import distill
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.models import load_classifier, predict
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
        {"optim": "adamw_torch"},
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
    assert kept == ["checkpoint-4", "checkpoint-5", "lock"]  # the last two; the sixth step is the student
    said = [predict(student.model, student.tokenizer, TEXTS, 16, 8)[0] for student in (whole, parts)]
    assert np.array_equal(*said)
    assert whole.curve == parts.curve


def test_a_base_model_with_the_names_of_old_goes_on_with_all_its_weights(model, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(model, old)
    names = {".LayerNorm.weight": ".LayerNorm.gamma", ".LayerNorm.bias": ".LayerNorm.beta"}
    weights = {
        next((key.replace(new, former) for new, former in names.items() if key.endswith(new)), key): value + 0.1
        for key, value in load_file(model / "model.safetensors").items()
    }
    assert any(key.endswith("gamma") for key in weights)
    save_file(weights, old / "model.safetensors", metadata={"format": "pt"})
    whole, parts = (distill(TRAINING, _signal(), TASK, old, config(), 1, folder=tmp_path / "run") for _ in range(2))
    assert all(
        torch.equal(one, two)
        for one, two in zip(whole.model.state_dict().values(), parts.model.state_dict().values(), strict=True)
    )


def test_what_is_asked_after_training_in_bf16_is_what_the_saved_student_says(model, tmp_path):
    student = distill(TRAINING, _signal(), TASK, model, config(bf16=True), 1)
    student.model.save_pretrained(tmp_path)
    saved = load_classifier(tmp_path, TASK.labels, False)
    said = [predict(one, student.tokenizer, TEXTS, 16, 8)[0] for one in (student.model, saved)]
    assert np.array_equal(*said)


def test_batches_with_shares_of_domains_need_to_know_them(model):
    with pytest.raises(ConfigError, match="domain of every text"):
        distill(TRAINING, _signal(), TASK, model, config().model_copy(update={"domain_exponent": 0.0}), 1)


def test_nothing_in_a_checkpoint_is_pickled(model, tmp_path):
    distill(TRAINING, _signal(), TASK, model, config(), 1, folder=tmp_path)
    files = {path.suffix for path in (tmp_path / "checkpoint-5").iterdir()}
    assert files == {".json", ".safetensors"}
