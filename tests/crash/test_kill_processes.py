"""One of two processes is killed in the middle of training: the run says so, and goes on to the same student."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from cdkd_kg.artifacts import is_sound, read_json
from cdkd_kg.config import load_config
from cdkd_kg.errors import ConfigError
from cdkd_kg.pipeline.run import run
from cdkd_kg.teachers.models import load_classifier, load_tokenizer, predict
from tests.distillation.in_processes import TEXTS, main
from tests.distillation.test_processes import ROOT, TRAIN, done, torchrun
from tests.models import tiny_bert
from tests.pipeline.corpus import MONEY, SPORT, settings, write_config, write_corpus

EPOCHS = 12


def killed(words: list[str], rank: int, when: Callable[[], bool]) -> subprocess.CompletedProcess[str]:
    """Start two processes, kill one when the time has come, and wait for the end of all."""
    started = subprocess.Popen(torchrun(*words), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not when():
        assert started.poll() is None
        time.sleep(0.005)
    (worker,) = (one for one in psutil.Process(started.pid).children() if one.environ().get("RANK") == str(rank))
    os.kill(worker.pid, signal.SIGKILL)
    said, told = started.communicate()
    return subprocess.CompletedProcess(started.args, started.returncode, said, told)


def last_step(folder: Path) -> int:
    """Return the step of the newest checkpoint in a folder."""
    found = (re.fullmatch(r"checkpoint-(\d+)", path.name) for path in folder.glob("checkpoint-*"))
    return max((int(name[1]) for name in found if name), default=0)


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split(), layers=4)


@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_process_ends_the_run_and_the_same_command_goes_on(model, tmp_path, rank):
    training = {"num_train_epochs": EPOCHS, "per_device_train_batch_size": 8, "learning_rate": 5e-3, "save_steps": 1}
    case = {"what": "student", "rows": 42, "model": str(model), "width": 7, "training": training}

    def words(name: str) -> list[str]:
        folders = {"folder": str(tmp_path / f"run-{name}"), "out": str(tmp_path / name)}
        return [TRAIN, json.dumps(case | folders)]

    assert done(*words("whole")).returncode == 0
    folder, out = tmp_path / "run-killed", tmp_path / "killed"
    ended = killed(words("killed"), rank, lambda: last_step(folder) >= 10)
    assert ended.returncode != 0
    assert "SIGKILL" in ended.stderr
    assert not (out / "model").exists()
    last = folder / f"checkpoint-{last_step(folder)}"
    assert is_sound(last)
    assert done(*words("killed")).returncode == 0
    assert [read_json(out / f"from-{number}.json") for number in range(2)] == [str(last)] * 2
    assert digest(out / "model") == digest(tmp_path / "whole" / "model")
    assert read_json(out / "curve.json") == read_json(tmp_path / "whole" / "curve.json")
    with pytest.raises(ConfigError, match="training began with 2 processes, and there are 1"):
        main(case | {"folder": str(folder), "out": str(out)})


def test_the_command_of_the_page_goes_on_after_a_kill_and_makes_the_students_of_one_process(tmp_path):
    page = (ROOT / "docs" / "distillation.md").read_text("utf-8")
    (line,) = re.findall(r"^torchrun --standalone --nproc_per_node 2 -m (cdkd_kg run) \S+$", page, re.MULTILINE)
    tiny_bert(tmp_path / "bert", write_corpus(tmp_path))
    command = [*line.split(), str(write_config(tmp_path, values(tmp_path, per_device_train_batch_size=4)))]
    cache, published = tmp_path / "runs" / "cache", tmp_path / "runs" / "tiny"
    ended = killed(command, 1, lambda: any(cache.glob("unfinished-student-*/checkpoint-*")))
    assert ended.returncode != 0
    assert "SIGKILL" in ended.stderr
    assert not list(published.glob("*.*"))  # where losses are tracked, there is a folder of them alone
    finished = done(*command)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.count("Report:") == finished.stderr.count("evaluation  ") == 1
    assert not [path for path in cache.iterdir() if path.name.startswith((".", "unfinished"))]
    assert read_json(published / "results.json")["command"].startswith("torchrun --standalone --nproc_per_node 2")
    two = answers(published)
    write_config(tmp_path, values(tmp_path, per_device_train_batch_size=8))
    assert run(load_config(tmp_path / "tiny.yaml")).results
    assert np.abs(answers(published) - two).max() < 0.01 < np.abs(two).max()


def test_what_is_wrong_with_a_command_is_told_once(tmp_path):
    refused = done("cdkd_kg", "run", str(tmp_path / "missing.yaml"))
    assert refused.returncode != 0
    assert refused.stderr.count("there is no such configuration file") == 1


def values(folder: Path, **training: int) -> dict[str, Any]:
    """Return a run of two students whose trainings keep many checkpoints."""
    made = settings(folder, evaluation={"bootstrap": 200, "conditions": ["no_distillation", "text_teacher"]})
    for part in (made["teachers"]["text"], made["distillation"]):
        part["training"] = part["training"] | {"save_steps": 2, "num_train_epochs": 4} | training
    return made


def answers(published: Path) -> np.ndarray:
    """Return what the student of the text teacher says of a few texts."""
    student = published / "students" / "topic-text_teacher"
    texts = [" ".join(words[:length]) for words in (SPORT, MONEY) for length in (2, 5, 9)]
    return predict(load_classifier(student, ["sport", "business"], False), load_tokenizer(student), texts, 24, 8)[0]
