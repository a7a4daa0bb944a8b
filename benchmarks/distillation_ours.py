"""Our side of benchmarks/distillation.py: :func:`cdkd_kg.distillation.distill.distill`, an epoch at a time.

    python -m benchmarks.distillation_ours FOLDER TEACHER WAY

WAY is ``cached``, ``online`` (the same losses, the teacher reads each batch) or ``hard labels``.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

import cdkd_kg.distillation.distill as distillation
from benchmarks.distillation_pace import Pace
from benchmarks.distillation_turns import Turns, read_task
from cdkd_kg.artifacts import sha256_text
from cdkd_kg.config import DistillationConfig, StudentConfig, TaskConfig, TrainingConfig
from cdkd_kg.distillation.batches import DistillationCollator
from cdkd_kg.distillation.trainer import DistillationTrainer
from cdkd_kg.teachers.models import load_classifier, pooled, predict
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.text import TextTeacher

CACHED, ONLINE, HARD_LABELS = "cached", "online", "hard labels"


class Collator(DistillationCollator):
    """Adds up how long the cache is read."""

    reading = 0.0

    def taught(self, places: list[int]) -> dict[str, Tensor]:
        begin = time.perf_counter()
        found = super().taught(places)
        Collator.reading += time.perf_counter() - begin
        return found


class OurPace(Pace):
    """Tells how long the cache was read in each epoch, too."""

    def on_epoch_begin(self, *arguments: Any, **options: Any) -> None:
        super().on_epoch_begin(*arguments, **options)
        Collator.reading = 0.0

    def more(self) -> dict[str, float]:
        return {"reading": round(Collator.reading, 6)}


class Online(DistillationTrainer):
    """Has the teacher read each batch in place of the cache."""

    teacher: PreTrainedModel

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"data_collator": replace(options["data_collator"], signal=None)})

    def compute_loss(self, model: Any, inputs: dict[str, Tensor], *arguments: Any, **options: Any) -> Any:
        return super().compute_loss(model, inputs | online_signal(self.teacher, inputs), *arguments, **options)


@torch.no_grad()
def online_signal(teacher: PreTrainedModel, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return what :func:`signal_of` holds of a batch, by reading it."""
    said = teacher(**{name: value for name, value in inputs.items() if name != "targets"}, output_hidden_states=True)
    hidden = pooled(said.hidden_states[-1], inputs["attention_mask"])
    return {
        "teacher_logits": said.logits,
        "teacher_hidden": hidden,
        "teacher_embedding": hidden,
        "teacher_weight": torch.ones(len(hidden)),
    }


def signal_of(teacher: TextTeacher, name: str, task: dict[str, Any]) -> TeacherSignal:
    """Return what a teacher says of the texts; its pooled hidden states are its geometry, too."""
    texts = task["texts"]
    logits, hidden = predict(teacher.model, teacher.tokenizer, texts, task["max_length"], 64)
    hashes = [sha256_text(text) for text in texts]
    return TeacherSignal.of(
        teacher=name, labels=task["labels"], ids=ids(task), text_hashes=hashes,
        logits=logits, hidden=hidden, embedding=hidden,
    )  # fmt: skip


def ids(task: dict[str, Any]) -> list[str]:
    """Return a sorted id for each text."""
    return [f"{place:06}" for place in range(len(task["texts"]))]


def config_of(folder: Path, task: dict[str, Any]) -> DistillationConfig:
    """Return the default losses, and the training that all ways share."""
    training = TrainingConfig(
        num_train_epochs=task["epochs"],
        learning_rate=task["learning_rate"],
        weight_decay=task["weight_decay"],
        warmup_steps=task["warmup"],
        per_device_train_batch_size=task["batch"],
        save_steps=1 << 30,
    )
    student = StudentConfig(model=str(folder / "student"), max_length=task["max_length"])
    return DistillationConfig(student=student, training=training)


def train(folder: Path, teacher: str, way: str, seed: int = 0) -> distillation.Student:
    """Train a student in one of the three ways."""
    task = read_task(folder)
    labels = TaskConfig(labels=tuple(task["labels"]))
    signal = None if way == HARD_LABELS else TeacherSignal.load(folder / f"signal-{teacher}")
    if way == ONLINE:
        Online.teacher = load_classifier(folder / teacher, labels.labels, multi_label=False).eval()
    targets = np.eye(len(labels.labels), dtype=np.float32)[task["targets"]]
    texts = distillation.TrainingSet(ids(task), [sha256_text(text) for text in task["texts"]], task["texts"], targets)
    return distillation.distill(texts, signal, labels, folder / "student", config_of(folder, task), seed)


def paced(kind: type[DistillationTrainer], turns: Turns) -> type[DistillationTrainer]:
    """Return a kind of trainer that waits for its turn before each epoch."""

    class Paced(kind):  # type: ignore[misc, valid-type]
        def __init__(self, **options: Any) -> None:
            mine = options["data_collator"]
            super().__init__(**options | {"data_collator": Collator(mine.tokenizer, mine.signal, mine.entities)})
            self.add_callback(OurPace(turns))

    return Paced


def main() -> None:
    """Train, an epoch a turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("teacher")
    parser.add_argument("way", choices=(CACHED, ONLINE, HARD_LABELS))
    options = parser.parse_args()
    kind = Online if options.way == ONLINE else DistillationTrainer
    distillation.DistillationTrainer = paced(kind, Turns())  # type: ignore[attr-defined]
    train(options.folder, options.teacher, options.way)


if __name__ == "__main__":
    main()
