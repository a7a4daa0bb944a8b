"""Train one student, with or without a teacher."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase, set_seed

from cdkd_kg.config import DistillationConfig, TaskConfig, TrainingConfig
from cdkd_kg.config_losses import OFF, ONLINE, LossesConfig
from cdkd_kg.distillation.batches import DistillationCollator, student_rows
from cdkd_kg.distillation.joint import JointGraph, JointTrainer
from cdkd_kg.distillation.losses.combine import Sizes, hard_labels_only, make_losses
from cdkd_kg.distillation.student import new_student
from cdkd_kg.distillation.tokens import TokenTeacher
from cdkd_kg.distillation.trainer import DistillationTrainer
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.entity_signal import EntitySignal
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.text import TextTeacher
from cdkd_kg.teachers.training import train_quietly, training_arguments, workspace


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
    graph: JointGraph | None = None,
    text_teacher: TextTeacher | None = None,
    entities: EntitySignal | None = None,
    folder: Path | None = None,
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
        text_teacher: for the losses that compare tokens, which no signal holds.
        entities: what mentions are drawn to; without it, as where no graph teaches, ``entity_alignment`` is left out.
        folder: where checkpoints are kept while it trains, so that it can be resumed.

    Raises:
        ConfigError: the signal's labels are not the task's, or a loss compares tokens and there is no text teacher
            that reads the same ones.
        StaleSignalError: the signal does not know a text.
    """
    set_seed(seed)
    model, tokenizer = new_student(config.student, teacher_model, task)
    token_teacher = None
    steps = optimisation_steps(len(training_set.ids), config.training)
    if signal is None:
        training_set = training_set.labelled()
        losses, places, entities = hard_labels_only(), None, None
    else:
        _same_labels(signal, task)
        width = signal.embedding.shape[1] if graph is None else graph.config.hidden
        losses = make_losses(_losses(config.losses, entities), _sizes(model, signal, width, text_teacher, entities))
        token_teacher = _token_teacher(config.losses, tokenizer, text_teacher)
        places = signal.rows(training_set.ids, training_set.text_hashes).tolist()
    rows = student_rows(
        tokenizer, training_set.texts, training_set.targets, config.student.max_length, places, entities
    )
    with workspace(folder) as scratch:
        arguments = training_arguments(config.training, seed, scratch)
        arguments.max_steps = steps
        options = {
            "losses": losses,
            "multi_label": task.multi_label,
            "model": model,
            "args": arguments,
            "train_dataset": rows,
            "data_collator": DistillationCollator(tokenizer, signal, entities),
            "token_teacher": token_teacher,
        }
        if graph is None:
            trainer = DistillationTrainer(**options)
        else:
            trainer = JointTrainer(graph=graph, max_length=config.student.max_length, seed=seed, **options)
        curve = train_quietly(trainer)
    return Student(model, tokenizer, curve, losses.versions())


def _losses(config: LossesConfig, entities: EntitySignal | None) -> LossesConfig:
    if entities is not None or not config.entity_alignment.weight:
        return config
    if list(config.weights()) == ["entity_alignment"]:
        raise ConfigError(
            "entity_alignment alone teaches nothing where there is no graph",
            where="distillation.losses",
            remedy="switch on another loss beside it, or leave out the conditions without a graph",
        )
    return config.model_copy(update={"entity_alignment": OFF})


def _sizes(
    model: PreTrainedModel,
    signal: TeacherSignal,
    embedding: int,
    text_teacher: TextTeacher | None,
    entities: EntitySignal | None,
) -> Sizes:
    return Sizes(
        student=model.config.hidden_size,
        teacher=signal.hidden.shape[1],
        embedding=embedding,
        student_layers=model.config.num_hidden_layers,
        teacher_layers=0 if text_teacher is None else text_teacher.model.config.num_hidden_layers,
        entity=0 if entities is None else entities.vectors.shape[1],
    )


def _token_teacher(
    config: LossesConfig, tokenizer: PreTrainedTokenizerBase, teacher: TextTeacher | None
) -> TokenTeacher | None:
    if not config.online():
        return None
    asked = [name for name in ONLINE if name in config.weights()]
    if teacher is None or teacher.tokenizer.get_vocab() != tokenizer.get_vocab():
        why = "its tokens are not the student's" if teacher else "there are several, one a domain, or none"
        raise ConfigError(
            f"the losses {asked} compare the tokens of the student with those of one text teacher",
            where="distillation.losses",
            why=why,
            remedy="leave them at 0; hidden_states and the relations of documents need no common tokens",
        )
    return TokenTeacher(teacher.model, attention=any(name != "layer_states" for name in asked))


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
