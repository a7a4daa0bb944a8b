"""Train one student of several tasks."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from transformers import set_seed

from cdkd_kg.config import DistillationConfig
from cdkd_kg.distillation.course import Lesson, course_of
from cdkd_kg.distillation.distill import Student, optimisation_steps
from cdkd_kg.distillation.shared import SharedCollator, SharedEncoder, SharedSubjects, together
from cdkd_kg.distillation.student import new_student
from cdkd_kg.distillation.trainer import DistillationTrainer
from cdkd_kg.errors import ConfigError
from cdkd_kg.processes import need_one
from cdkd_kg.teachers.tracking import Tracking, tracked
from cdkd_kg.teachers.training import train_quietly, training_arguments, workspace


def distill_shared(
    lessons: Mapping[str, Lesson],
    teacher_model: str | Path,
    config: DistillationConfig,
    seed: int,
    folder: Path | None = None,
    tracking: Tracking | None = None,
) -> dict[str, Student]:
    """Train a student whose tasks share an encoder, and return the student of each task.

    Batches are drawn from the texts of all tasks. The students hold the very same encoder; each is saved as a plain
    Hugging Face model of its own.

    Args:
        lessons: what is to be learned, and from whom, by task.
        teacher_model: what the text teacher started from; the student may take layers of it.
        config: student, losses, training; ``domain_exponent`` evens out domains of all tasks.
        seed: decides the new heads, dropout and the order of the data.
        folder: where checkpoints are kept while it trains, so that it can be resumed.
        tracking: who is told how it goes.

    Raises:
        ConfigError: there is no lesson, a graph network is to learn with the student, or as for
            :func:`~cdkd_kg.distillation.distill.distill`.
    """
    need_one("a student of several tasks", "distillation.share_encoder")
    if len({lesson.signal is None for lesson in lessons.values()}) > 1:
        raise ConfigError(
            "some lessons have a signal and some have none",
            where="distillation.share_encoder",
            remedy="give every task a signal, or none",
        )
    if not lessons or any(lesson.beside.graph for lesson in lessons.values()):
        raise ConfigError(
            "a shared encoder needs lessons, each with a signal that is made before",
            where="distillation.share_encoder",
            why="a graph network that learns with its student (joint) has the encoder for one task alone",
        )
    set_seed(seed)
    started = {task: new_student(config.student, teacher_model, lesson.task) for task, lesson in lessons.items()}
    encoder = SharedEncoder({task: model for task, (model, _) in started.items()})
    courses = {task: course_of(lesson, *started[task], config) for task, lesson in lessons.items()}
    domains = [course.domains for course in courses.values()]
    with workspace(folder) as scratch, tracked(tracking) as callbacks:
        arguments = training_arguments(config.training, seed, scratch)
        texts = sum(len(lesson.training_set.ids) for lesson in lessons.values())
        arguments.max_steps = optimisation_steps(texts, config.training)
        trainer = DistillationTrainer(
            subject=SharedSubjects({task: course.subject for task, course in courses.items()}),
            model=encoder,
            args=arguments,
            train_dataset=together({task: course.rows for task, course in courses.items()}),
            data_collator=SharedCollator({task: course.collator for task, course in courses.items()}),
            ids=[f"{name} ({task})" for task, course in courses.items() for name in course.ids],
            domains=None if None in domains else list(chain.from_iterable(filter(None, domains))),
            domain_exponent=config.domain_exponent,
            layerwise_lr_decay=config.training.layerwise_lr_decay,
            callbacks=callbacks,
        )
        curve = train_quietly(trainer)
        trainer.finished()
    return {
        task: Student(model, tokenizer, _own(task, curve), courses[task].subject.losses.versions())
        for task, (model, tokenizer) in started.items()
    }


def _own(task: str, curve: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return the course of one task's losses; the whole loss is that of all."""
    mine = f"loss_{task}/"
    return [
        {
            name.replace(mine, "loss_"): value
            for name, value in entry.items()
            if "/" not in name or name.startswith(mine)
        }
        for entry in curve
    ]
