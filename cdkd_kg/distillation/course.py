"""What a student is to learn of one task, made ready: rows, losses and the collator that brings them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from cdkd_kg.config import DistillationConfig, TaskConfig
from cdkd_kg.distillation.batches import DistillationCollator, student_rows
from cdkd_kg.distillation.guards import (
    need_fitting_losses,
    need_same_labels,
    need_useful_teacher,
    need_varied_states,
)
from cdkd_kg.distillation.losses.combine import hard_labels_only
from cdkd_kg.distillation.subject import Subject
from cdkd_kg.distillation.teaching import ALONE, Beside, losses_of, token_teacher_of
from cdkd_kg.distillation.training_set import TrainingSet
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.training import need_rows


class Lesson(NamedTuple):
    """Texts of a task, and who teaches them.

    Attributes:
        training_set: the training texts.
        signal: what the teacher said of each of them; None for the labelled ones alone.
        task: the label space.
        beside: what teaches beside the signal, and what the signal is judged by.
    """

    training_set: TrainingSet
    signal: TeacherSignal | None
    task: TaskConfig
    beside: Beside = ALONE


class Course(NamedTuple):
    """A lesson as a Trainer takes it; ``ids`` and ``domains`` are those of the rows."""

    rows: Dataset
    ids: Sequence[str]
    subject: Subject
    collator: DistillationCollator
    domains: Sequence[str] | None


def course_of(
    lesson: Lesson, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, config: DistillationConfig
) -> Course:
    """Return a lesson made ready for an untrained student.

    Raises:
        ConfigError: the signal's labels are not the task's, a loss is not for such a task, or a loss compares tokens
            and there is no text teacher that reads the same ones.
        StaleSignalError: the signal does not know a text.
        DataRefusedError: there is no text, or neither a label nor a signal.
        TrainingError: the signal says the same of every text, in its answers or in states that a loss copies, or is
            worse than the untrained student.
    """
    texts, signal, task, beside = lesson
    length, places, token_teacher = config.student.max_length, None, None
    if signal is None:
        texts, losses, beside = texts.labelled(task.regression), hard_labels_only(), ALONE
    need_rows(len(texts.ids), "TrainingSet")
    if signal is not None:
        need_same_labels(signal, task)
        need_fitting_losses(config.losses, task)
        need_useful_teacher(signal, beside.validation, task, model, tokenizer, length)
        need_varied_states(signal, config.losses, geometry=beside.graph is None)
        token_teacher = token_teacher_of(config.losses, tokenizer, beside)
        losses = losses_of(config.losses, model, signal, beside)
        places = signal.rows(texts.ids, texts.text_hashes).tolist()
    kinds = {"multi_label": task.multi_label, "regression": task.regression}
    return Course(
        rows=student_rows(tokenizer, texts.texts, texts.targets, length, places, beside.entities),
        ids=texts.ids,
        subject=Subject(model, losses, token_teacher=token_teacher, **kinds),
        collator=DistillationCollator(tokenizer, signal, beside.entities),
        domains=texts.domains,
    )
