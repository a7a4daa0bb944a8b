"""Train one student, with or without a teacher."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase, set_seed

from cdkd_kg.config import DistillationConfig, TaskConfig, TrainingConfig
from cdkd_kg.distillation.batches import DistillationCollator, student_rows
from cdkd_kg.distillation.joint import JointGraph, JointTrainer
from cdkd_kg.distillation.losses.combine import hard_labels_only, make_losses
from cdkd_kg.distillation.student import new_student
from cdkd_kg.distillation.trainer import DistillationTrainer
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.training import train_quietly, training_arguments


@dataclass(frozen=True)
class TrainingSet:
    """N training texts of one task, by sorted id; rows of -1 in ``targets`` (``[N, C]``) are unlabelled."""

    ids: Sequence[str]
    text_hashes: Sequence[str]
    texts: Sequence[str]
    targets: NDArray[np.float32]

    def labelled(self) -> TrainingSet:
        """Return the labelled rows alone."""
        rows = np.flatnonzero((self.targets >= 0).all(axis=1)).tolist()
        return TrainingSet(
            ids=[self.ids[row] for row in rows],
            text_hashes=[self.text_hashes[row] for row in rows],
            texts=[self.texts[row] for row in rows],
            targets=self.targets[rows],
        )


@dataclass(frozen=True)
class Student:
    """A trained student with its tokenizer and the losses of its training."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    curve: list[dict[str, float]]


def distill(
    training_set: TrainingSet,
    signal: TeacherSignal | None,
    task: TaskConfig,
    teacher_model: str | Path,
    config: DistillationConfig,
    seed: int,
    graph: JointGraph | None = None,
) -> Student:
    """Train a student on a training_set.

    With a ``signal`` it learns from labelled and unlabelled texts; without one from the labelled texts alone,
    for as many steps, so that no student is better for having been trained longer.

    Args:
        training_set: the training texts.
        signal: what the teacher said of each of them, or None.
        task: the label space.
        teacher_model: what the text teacher started from; the student may take layers of it.
        config: student, losses, training.
        seed: decides the new head, dropout and the order of the data.
        graph: where the teacher is to be a network over it that learns with the student, beside the signal.

    Raises:
        ConfigError: the signal's labels are not the task's.
        StaleSignalError: the signal does not know a text.
    """
    set_seed(seed)
    model, tokenizer = new_student(config.student, teacher_model, task)
    steps = optimisation_steps(len(training_set.ids), config.training)
    if signal is None:
        training_set = training_set.labelled()
        losses, places = hard_labels_only(), None
    else:
        _same_labels(signal, task)
        losses = make_losses(config.losses, model.config.hidden_size, signal.hidden.shape[1])
        places = signal.rows(training_set.ids, training_set.text_hashes).tolist()
    rows = student_rows(tokenizer, training_set.texts, training_set.targets, config.student.max_length, places)
    with TemporaryDirectory() as scratch:
        arguments = training_arguments(config.training, seed, Path(scratch))
        arguments.max_steps = steps
        options = {
            "losses": losses,
            "multi_label": task.multi_label,
            "model": model,
            "args": arguments,
            "train_dataset": rows,
            "data_collator": DistillationCollator(tokenizer, signal),
        }
        if graph is None:
            trainer = DistillationTrainer(**options)
        else:
            trainer = JointTrainer(graph=graph, max_length=config.student.max_length, seed=seed, **options)
        curve = train_quietly(trainer)
    return Student(model, tokenizer, curve)


def optimisation_steps(rows: int, config: TrainingConfig) -> int:
    """Return how many steps ``transformers.Trainer`` makes over ``rows`` rows in one process.

    Example:
        >>> optimisation_steps(88, TrainingConfig(num_train_epochs=3, per_device_train_batch_size=16))
        18
    """
    batches = math.ceil(rows / config.per_device_train_batch_size)
    return math.ceil(config.num_train_epochs * max(1, math.ceil(batches / config.gradient_accumulation_steps)))


def _same_labels(signal: TeacherSignal, task: TaskConfig) -> None:
    if signal.labels != task.labels:
        raise ConfigError(
            "teacher and student have different labels",
            where=f"teacher {signal.teacher[:12]}",
            why=f"the teacher's are {list(signal.labels)}, the student's {list(task.labels)}",
            remedy="run the teacher stages again for these labels, in this order",
        )
