"""Train one student, with or without a teacher."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerBase, set_seed

from cdkd_kg.config import DistillationConfig, TaskConfig, TrainingConfig
from cdkd_kg.distillation.course import Lesson, course_of
from cdkd_kg.distillation.joint import JointTrainer
from cdkd_kg.distillation.student import new_student
from cdkd_kg.distillation.teaching import ALONE, Beside
from cdkd_kg.distillation.trainer import DistillationTrainer
from cdkd_kg.distillation.training_set import TrainingSet
from cdkd_kg.processes import world_size
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
        folder: where checkpoints are kept while it trains, so that it can be resumed; those of another training are
            refused.
        tracking: who is told how it goes.

    Raises:
        ConfigError: the signal's labels are not the task's, a loss is not for such a task, or a loss compares tokens
            and there is no text teacher that reads the same ones.
        StaleSignalError: the signal does not know a text.
        DataRefusedError: there is no text, or neither a label nor a signal.
        TrainingError: the signal says the same of every text, in its answers or in states that a loss copies, or is
            worse than a student that has learned nothing.
    """
    set_seed(seed)
    model, tokenizer = new_student(config.student, teacher_model, task)
    course = course_of(Lesson(training_set, signal, task, beside), model, tokenizer, config)
    with workspace(folder) as scratch, tracked(tracking) as callbacks:
        arguments = training_arguments(config.training, seed, scratch)
        arguments.max_steps = optimisation_steps(len(training_set.ids), config.training)
        options = {
            "subject": course.subject,
            "model": model,
            "args": arguments,
            "train_dataset": course.rows,
            "data_collator": course.collator,
            "ids": course.ids,
            "domains": course.domains,
            "domain_exponent": config.domain_exponent,
            "callbacks": callbacks,
            "layerwise_lr_decay": config.training.layerwise_lr_decay,
            "fsdp": config.training.fsdp,
        }
        if signal is None or beside.graph is None:
            trainer = DistillationTrainer(**options)
        else:
            trainer = JointTrainer(graph=beside.graph, max_length=config.student.max_length, seed=seed, **options)
        curve = train_quietly(trainer)
    return Student(trainer.finished(), tokenizer, curve, course.subject.losses.versions())


def optimisation_steps(rows: int, config: TrainingConfig) -> int:
    """Return how many steps ``transformers.Trainer`` makes over ``rows`` rows, in all processes together.

    Example:
        >>> optimisation_steps(88, TrainingConfig(num_train_epochs=3, per_device_train_batch_size=16))
        18
    """
    batches = math.ceil(rows / (config.per_device_train_batch_size * world_size()))
    return math.ceil(config.num_train_epochs * max(1, math.ceil(batches / config.gradient_accumulation_steps)))
