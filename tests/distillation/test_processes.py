"""Two processes make what one makes of batches twice as large, to the rounding of sums."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from safetensors.torch import load_file
from transformers import AutoModelForTokenClassification

from cdkd_kg.artifacts import read_json
from cdkd_kg.config import TrainingConfig
from cdkd_kg.distillation.distill import optimisation_steps
from cdkd_kg.errors import ConfigError
from cdkd_kg.processes import need_one, started_as
from cdkd_kg.teachers.models import load_classifier, load_tokenizer, predict
from cdkd_kg.teachers.whole_batch import own_rows
from cdkd_kg.teachers.words import predict_words
from tests.distillation.in_processes import TASK, TEXTS, main
from tests.models import tiny_bert

ROOT = Path(__file__).parents[2]
TRAIN = "tests.distillation.in_processes"
OFF = {"hard_label": 0, "logits": 0, "hidden_states": 0, "document_relations": 0}
TOKENS = {name: {"weight": 1, "heads": 2} for name in ("attention", "value_relations")}
CASES: dict[str, dict[str, Any]] = {
    "text teacher": {"what": "teacher", "rows": 21},
    "student": {"what": "student", "rows": 42},
    "accumulated": {"what": "student", "rows": 35, "accumulation": 2},
    "split": {"what": "student", "rows": 42, "accumulation": 2, "split": 2, "losses": {"document_relations": 0}},
    "split teacher": {"what": "teacher", "rows": 42, "accumulation": 2, "split": 2},
    "relations": {"what": "student", "rows": 37, "losses": {"angle_relations": 1, "cka": 1, "contrastive": 1}},
    "tokens": {"what": "tokens", "rows": 42, "losses": OFF | TOKENS | {"layer_states": 1, "entity_alignment": 1}},
    "joint": {"what": "joint", "rows": 42},
    "words": {"what": "words", "rows": 42},
    "accumulated words": {"what": "words", "rows": 35, "accumulation": 2},
    "fsdp": {"what": "student", "rows": 35, "accumulation": 2, "fsdp": True, "max_grad_norm": 0.5},
    "fsdp tokens": {"what": "tokens", "rows": 42, "losses": OFF | TOKENS | {"layer_states": 1}, "fsdp": True},
    "fsdp joint": {"what": "joint", "rows": 42, "fsdp": True},
    "adamw": {"what": "student", "rows": 42, "optim": "adamw_torch", "learning_rate": 5e-3, "max_grad_norm": 0.5},
}
"""The last batch of most is short, and of some the second process has no row of its own in it.

Where there is a ``split``, two processes accumulate the gradients of so many times more batches as one, each smaller.
"""


def torchrun(*words: str) -> list[str]:
    """Return the command that starts a module in two processes."""
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", *words]


def done(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a module in two processes."""
    return subprocess.run(torchrun(*words), cwd=ROOT, capture_output=True, text=True, check=False)


def asked(case: dict[str, Any], models: Path, out: Path, processes: int) -> dict[str, Any]:
    """Return what is to be trained, with batches of 16 rows in all processes together."""
    split = case.get("split", 1) if processes > 1 else 1
    training = {
        "num_train_epochs": 3,
        "optim": case.get("optim", "sgd"),
        "learning_rate": case.get("learning_rate", 5e-2),
        "per_device_train_batch_size": 16 // processes // split,
        "save_steps": 2,
        "gradient_accumulation_steps": case.get("accumulation", 1) * split,
        "fsdp": processes > 1 and case.get("fsdp", False),
        "max_grad_norm": case.get("max_grad_norm", 0),  # at 0 nothing hides a gradient that is too large
    }
    student = {"student": str(models / "narrow"), "width": 32} if case["what"] == "tokens" else {"width": 7}
    return case | student | {"model": str(models / "bert"), "out": str(out), "training": training}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    words = " ".join(TEXTS).split()
    tiny_bert(folder / "bert", words, layers=4)
    tiny_bert(folder / "narrow", words, layers=2, hidden=16)
    return folder


@pytest.fixture(scope="module")
def made(models, tmp_path_factory):
    """Return the folders of what one process and two made of each case."""
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    for name, case in CASES.items():
        main(asked(case, models, one / name, 1))
    resumable = CASES["fsdp"] | {"folder": str(two / "checkpoints")}
    several = CASES | {"adapted": {"what": "adapted"}, "begun": resumable, "resumed": resumable}
    finished = done(TRAIN, *(json.dumps(asked(case, models, two / name, 2)) for name, case in several.items()))
    assert finished.returncode == 0, finished.stderr
    return {name: (one / name, two / name) for name in several}


def _said(case, model, tokenizer):
    if "words" in case:
        tagger = AutoModelForTokenClassification.from_pretrained(model)
        return predict_words(tagger, tokenizer, [text.split() for text in TEXTS], 32, 8).logits
    return predict(load_classifier(model, TASK.labels, False), tokenizer, TEXTS, 16, 8)[0]


@pytest.mark.parametrize("case", CASES)
def test_two_processes_make_the_model_of_one(models, made, case):
    one, two = made[case]
    losses = [[entry["loss"] for entry in read_json(folder / "curve.json")] for folder in (one, two)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    tokenizer = load_tokenizer(models / "bert")
    said = [_said(case, folder / "model", tokenizer) for folder in (one, two)]
    assert np.abs(said[0] - said[1]).max() < 1e-4
    if case != "adamw":  # which makes gradients of nothing but rounding as large as any
        weights = [load_file(folder / "model" / "model.safetensors") for folder in (one, two)]
        assert max(float((value - weights[1][name]).abs().max()) for name, value in weights[0].items()) < 1e-6


@pytest.mark.parametrize("case", [name for name in CASES if "teacher" not in name])
def test_what_is_trained_beside_the_student_stays_in_step(made, case):
    one, two = made[case]
    alone, first, second = (load_file(path) for path in (one / "beside-0.safetensors", *sorted(two.glob("beside-*"))))
    assert first
    for name, value in first.items():
        assert torch.equal(value, second[name]), name
        if case != "adamw":
            assert torch.allclose(value.double(), alone[name].double(), atol=1e-5), name


def test_with_fsdp_a_process_keeps_its_part_of_the_model_and_goes_on_to_the_same_student(made):
    alone = read_json(made["fsdp"][0] / "kept-0.json")
    parts = [read_json(made["fsdp"][1] / f"kept-{number}.json") for number in range(2)]
    assert sum(parts) == alone
    assert max(parts) < 0.6 * alone
    begun, resumed = made["begun"][1], made["resumed"][1]
    assert read_json(begun / "from-0.json") is None
    assert Path(read_json(resumed / "from-1.json")).name == "checkpoint-4"
    digests = {(folder / "model" / "model.safetensors").read_bytes() for folder in (begun, resumed, made["fsdp"][1])}
    assert len(digests) == 1
    assert read_json(begun / "model" / "config.json")["architectures"] == ["BertForSequenceClassification"]


def test_an_optimiser_that_needs_whole_matrices_is_refused_their_parts():
    with pytest.raises(ValidationError, match="adafactor looks at whole matrices"):
        TrainingConfig(fsdp=True, optim="adafactor")


def test_an_encoder_that_reads_unlabelled_texts_is_the_same_in_every_process(models, made):
    first, second = (load_file(path) for path in sorted(made["adapted"][1].glob("adapted-*")))
    before = load_file(models / "bert" / "model.safetensors")
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert not all(torch.equal(value, before[name]) for name, value in first.items() if name in before)


@given(st.integers(1, 5), st.integers(1, 9), st.data())
def test_each_row_of_a_last_batch_is_one_process_s_own(processes, size, data):
    rest = data.draw(st.integers(1, processes * size))
    own = [own_rows(process, size, rest) for process in range(processes)]
    assert sum(own) == rest
    assert all(mine == size or not any(own[process + 1 :]) for process, mine in enumerate(own))


def test_steps_are_those_of_one_process_with_the_batches_of_all(monkeypatch):
    alone = optimisation_steps(99, TrainingConfig(per_device_train_batch_size=16))
    for name, value in {"LOCAL_RANK": "0", "RANK": "0", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    assert optimisation_steps(99, TrainingConfig(per_device_train_batch_size=8)) == alone
    assert started_as(["run"]) == ["torchrun", "--standalone", "--nproc_per_node", "2", "-m", "cdkd_kg", "run"]
    with pytest.raises(ConfigError, match="a study is for one process, and there are 2"):
        need_one("a study")
