"""Stage ``shared_student``: distil the signals of all tasks into one encoder with a head a task."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from cdkd_kg.config import Condition, Config
from cdkd_kg.pipeline.student_stage import CASE, READER, SIGNAL, learned_by, lesson_of, save_student
from cdkd_kg.pipeline.tracking import tracking_of
from cdkd_kg.stages import Job


def shared_student_job(
    config: Config,
    corpus: Job,
    signals: Mapping[str, Job | None],
    readers: Mapping[str, Job | None],
    seed: int,
    condition: Condition,
    identity: str,
) -> Job:
    """Return the job that trains one student of all tasks.

    Args:
        config: the run.
        corpus: its job.
        signals: by task, what each is taught; None for those that learn from labels alone.
        readers: by task, the text teacher of all domains, where there is one.
        seed: decides its labels, and the order in which it learns.
        condition: whose student it is.
        identity: tells the weights that it starts from.
    """
    options = learned_by(config, identity, taught=any(signals.values()))
    options |= {CASE: [sorted(signals), seed, condition]}
    needs = {"corpus": corpus} | {_of(SIGNAL, task): job for task, job in signals.items() if job}
    if config.distillation.losses.online():
        needs |= {_of(READER, task): job for task, job in readers.items() if job}
    return Job("shared_student", f"seed{seed}/{condition}", options, needs, partial(_work, config))


def _work(config: Config, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.distillation.distill_shared import distill_shared

    tasks, seed, condition = job.options[CASE]
    corpus, lessons = Corpus.load(inputs["corpus"]), {}
    mine = {task: _part(task, inputs) for task in tasks}
    teachers = {task: job.needs[name].fingerprint for task in tasks if (name := _of(SIGNAL, task)) in job.needs}
    for task in tasks:
        lessons[task] = lesson_of(config, corpus, (task, seed, condition), mine[task], teachers.get(task))
    students = distill_shared(
        lessons,
        config.teachers.text.model,
        config.distillation,
        seed,
        job.workspace(folder.parent),
        tracking_of(config, config.distillation.training, job),
    )
    for task, student in students.items():
        case = (task, seed, condition)
        save_student(student, config, corpus, case, mine[task], teachers.get(task), folder / task)


def _of(what: str, task: str) -> str:
    return f"{what} {task}"


def _part(task: str, inputs: Mapping[str, Path]) -> dict[str, Path]:
    """Return what is there for one task, by the names that a student of this task alone has for it."""
    found = {what: inputs[_of(what, task)] for what in (SIGNAL, READER) if _of(what, task) in inputs}
    return {"corpus": inputs["corpus"], **found}
