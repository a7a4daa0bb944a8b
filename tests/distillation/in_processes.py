"""Trains what tests ask for, in one process or, under ``torchrun``, in several; each argument is JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch.distributed.tensor import DTensor
from torch_geometric.data import HeteroData

from cdkd_kg.artifacts import sha256_text, write_json
from cdkd_kg.config import (
    DistillationConfig,
    GraphTeacherConfig,
    LossesConfig,
    StudentConfig,
    TaskConfig,
    TextTeacherConfig,
    TrainingConfig,
)
from cdkd_kg.distillation import distill as student
from cdkd_kg.distillation import words
from cdkd_kg.distillation.joint import JointGraph
from cdkd_kg.distillation.teaching import ALONE, Beside
from cdkd_kg.distillation.training_set import TrainingSet
from cdkd_kg.processes import is_first, rank
from cdkd_kg.teachers.adaptation import adapt
from cdkd_kg.teachers.entity_signal import EntitySignal
from cdkd_kg.teachers.models import load_classifier, load_tokenizer
from cdkd_kg.teachers.resumable import ResumableTrainer
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.text import TextTeacher, train_text_teacher
from cdkd_kg.teachers.training import train_quietly
from cdkd_kg.teachers.words import WordAnswers

ROWS = 42
TASK = TaskConfig(labels=("sport", "business"))
WORDS = (["ball", "goal", "team", "match"], ["bank", "rate", "stock", "loan"])
TEXTS = [" ".join([f"w{row}", *(WORDS[row % 2][(row + n) % 4] for n in range(row % 9))]) for row in range(ROWS)]
IDS = [f"d/{row:02}" for row in range(ROWS)]
HASHES = [sha256_text(text) for text in TEXTS]
TRUTH = np.eye(2, dtype=np.float32)[np.arange(ROWS) % 2]
TARGETS = np.where(np.arange(ROWS)[:, None] % 3 == 0, TRUTH, -1).astype(np.float32)


def main(asked: dict[str, Any]) -> None:
    """Train, and write the model, its curve, and what each process trained beside it."""
    out, training = Path(asked["out"]), TrainingConfig(logging_steps=1, **asked["training"])
    folder = Path(asked["folder"]) if "folder" in asked else None
    out.mkdir(exist_ok=True)
    config, rows = TextTeacherConfig(model=asked["model"], max_length=16, training=training), asked.get("rows")
    if asked["what"] == "adapted":
        adapt(TEXTS, config, 1, out / "adapted")
        return save_file(load_file(out / "adapted" / "model.safetensors"), out / f"adapted-{rank()}.safetensors")
    if asked["what"] == "words":
        made: Any = labelled_words(asked, training, out)
    elif asked["what"] == "teacher":
        made = train_text_teacher(TEXTS[:rows], TRUTH[:rows], TASK, config, 1, folder)
    else:
        made = distilled(asked, training, folder, out)
    if is_first():
        made.model.save_pretrained(out / "model")
        write_json(out / "curve.json", made.curve)
    return None


def distilled(asked: dict[str, Any], training: TrainingConfig, folder: Path | None, out: Path) -> student.Student:
    """Train a student of the first rows by the losses that are asked for."""

    rows, losses = asked["rows"], LossesConfig.model_validate(asked.get("losses", {}))
    start = StudentConfig(model=asked["student"]) if "student" in asked else StudentConfig(teacher_layers=(0, 3))
    config = DistillationConfig(student=start, training=training, losses=losses)
    texts = TrainingSet(IDS[:rows], HASHES[:rows], TEXTS[:rows], TARGETS[:rows])
    with watched(student, out):
        return student.distill(texts, signal(asked["width"]), TASK, asked["model"], config, 1, beside(asked), folder)


def labelled_words(asked: dict[str, Any], training: TrainingConfig, out: Path) -> student.Student:
    """Train a student that labels the words of the first rows; one in three is labelled."""
    task = TaskConfig(labels=("O", *TASK.labels))
    texts = [text.split() for text in TEXTS[: asked["rows"]]]
    truth = [["sport" if w in WORDS[0] else "business" if w in WORDS[1] else "O" for w in text] for text in texts]
    labels = [[name if row % 3 == 0 else None for name in names] for row, names in enumerate(truth)]
    some = words.WordSet(IDS[: asked["rows"]], texts, labels)
    ids, _ = some.keys()
    answers = np.eye(3, dtype=np.float32)[[task.labels.index(name) for names in truth for name in names]]
    states = np.random.default_rng(0).normal(size=(len(ids), asked["width"])).astype(np.float32)
    said = some.signal(WordAnswers(8 * answers - 4, states, np.ones(len(ids), dtype=bool)), task, "t" * 64)
    config = DistillationConfig(student=StudentConfig(teacher_layers=(0, 3)), training=training)
    with watched(words, out):
        return words.distill_words(some, said, task, asked["model"], config, 1)


@contextmanager
def watched(module: Any, out: Path) -> Iterator[None]:
    """Have what a module trains write what each process keeps."""

    def train(trainer: ResumableTrainer) -> list[dict[str, float]]:
        write_json(out / f"from-{rank()}.json", trainer.last_checkpoint())
        curve = train_quietly(trainer)
        kept = [one.to_local() if isinstance(one, DTensor) else one for one in trainer.model.parameters()]
        write_json(out / f"kept-{rank()}.json", sum(one.numel() for one in kept))
        save_file(trainer.extra_state(), out / f"beside-{rank()}.safetensors")
        return curve

    module.train_quietly = train
    try:
        yield
    finally:
        module.train_quietly = train_quietly


def signal(width: int) -> TeacherSignal:
    """Return a signal that is right, with hidden states of a width."""
    chance = np.random.default_rng(0)
    return TeacherSignal.of(
        teacher="t" * 64, labels=TASK.labels, ids=IDS, text_hashes=HASHES, logits=8 * TRUTH - 4,
        hidden=chance.normal(size=(ROWS, width)), embedding=chance.normal(size=(ROWS, 5)),
        weight=np.linspace(0, 1, ROWS),
    )  # fmt: skip


def beside(asked: dict[str, Any]) -> Beside:
    """Return what teaches beside the signal: a graph, or a text teacher and entities."""
    if asked["what"] == "joint":
        return Beside(graph())
    if asked["what"] == "tokens":
        model, tokenizer = load_classifier(asked["model"], TASK.labels, False), load_tokenizer(asked["model"])
        mentions = [(IDS[row], 0, len(TEXTS[row].split()[0]), f"urn:{row % 2}") for row in range(0, ROWS, 4)]
        vectors = {f"urn:{number}": np.eye(3, dtype=np.float32)[number] for number in range(2)}
        return Beside(text_teacher=TextTeacher(model, tokenizer, []), entities=EntitySignal.of(IDS, mentions, vectors))
    return ALONE


def graph() -> JointGraph:
    """Return a graph in which every document mentions one of two entities."""
    data = HeteroData()
    data["document"].num_nodes, data["entity"].num_nodes = ROWS, 2
    data["document", "mentions", "entity"].edge_index = torch.from_numpy(np.stack([np.arange(ROWS), TRUTH.argmax(1)]))
    data["document", "mentions", "entity"].edge_weight = torch.ones(ROWS)
    return JointGraph(
        data, [*TEXTS, "ball", "bank"], "rgcn", GraphTeacherConfig(encoders=("rgcn",), hidden=16, dropout=0)
    )


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        main(json.loads(argument))
