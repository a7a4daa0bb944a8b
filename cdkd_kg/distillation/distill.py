"""Train one student, with or without a teacher."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerBase, set_seed

from cdkd_kg.config import DistillationConfig, TaskConfig, TrainingConfig
from cdkd_kg.distillation.batches import DistillationCollator, student_rows
from cdkd_kg.distillation.guards import need_same_labels, need_useful_teacher
from cdkd_kg.distillation.joint import JointTrainer
from cdkd_kg.distillation.losses.combine import hard_labels_only
from cdkd_kg.distillation.student import new_student
from cdkd_kg.distillation.teaching import ALONE, Beside, losses_of, token_teacher_of
from cdkd_kg.distillation.trainer import DistillationTrainer
from cdkd_kg.distillation.training_set import TrainingSet
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.tracking import Tracking, tracked
from cdkd_kg.teachers.training import train_quietly, training_arguments, workspace

__all__ = ["Beside", "Student", "TrainingSet", "distill", "optimisation_steps"]


@dataclass(frozen=True)
class Student:
    """A trained student with its tokenizer, the course of its training, and the weights of its losses."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    curve: list[dict[str, float]]
    losses: dict[str, float]


def distill(
    training_set: TrainingSet,
    signal: TeacherSignal | None,
    task: TaskConfig,
    teacher_model: str | Path,
    config: DistillationConfig,
    seed: int,
    beside: Beside = ALONE,
    folder: Path | None = None,
    tracking: Tracking | None = None,
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
        beside: what teaches beside the signal, and what the signal is judged by.
        folder: where checkpoints are kept while it trains, so that it can be resumed.
        tracking: who is told how it goes.

    Raises:
        ConfigError: the signal's labels are not the task's, or a loss compares tokens and there is no text teacher
            that reads the same ones.
        StaleSignalError: the signal does not know a text.
        TrainingError: the signal says the same of every text, or is worse than a student that has learned nothing.
    """
    set_seed(seed)
    model, tokenizer = new_student(config.student, teacher_model, task)
    steps, length = optimisation_steps(len(training_set.ids), config.training), config.student.max_length
    if signal is None:
        training_set, losses, places, beside = training_set.labelled(), hard_labels_only(), None, ALONE
    else:
        need_same_labels(signal, task)
        need_useful_teacher(signal, beside.validation, task, model, tokenizer, length)
        losses = losses_of(config.losses, model, signal, beside)
        places = signal.rows(training_set.ids, training_set.text_hashes).tolist()
    rows = student_rows(tokenizer, training_set.texts, training_set.targets, length, places, beside.entities)
    with workspace(folder) as scratch, tracked(tracking) as callbacks:
        arguments = training_arguments(config.training, seed, scratch)
        arguments.max_steps = steps
        options = {
            "losses": losses,
            "multi_label": task.multi_label,
            "model": model,
            "args": arguments,
            "train_dataset": rows,
            "data_collator": DistillationCollator(tokenizer, signal, beside.entities),
            "domains": training_set.domains,
            "domain_exponent": config.domain_exponent,
            "callbacks": callbacks,
            "layerwise_lr_decay": config.training.layerwise_lr_decay,
            "token_teacher": None if signal is None else token_teacher_of(config.losses, tokenizer, beside),
        }
        if beside.graph is None:
            trainer = DistillationTrainer(**options)
        else:
            trainer = JointTrainer(graph=beside.graph, max_length=length, seed=seed, **options)
        curve = train_quietly(trainer)
    return Student(model, tokenizer, curve, losses.versions())


def optimisation_steps(rows: int, config: TrainingConfig) -> int:
    """Return how many steps ``transformers.Trainer`` makes over ``rows`` rows in one process.

    Example:
        >>> optimisation_steps(88, TrainingConfig(num_train_epochs=3, per_device_train_batch_size=16))
        18
    """
    batches = math.ceil(rows / config.per_device_train_batch_size)
    return math.ceil(config.num_train_epochs * max(1, math.ceil(batches / config.gradient_accumulation_steps)))
