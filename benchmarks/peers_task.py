"""What the ways of benchmarks/peers.py learn from: cases, the stages that they share, and the texts of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel

from cdkd_kg.config import Condition, Config, LossesConfig, TaskConfig
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.distillation.distill import TrainingSet, distill
from cdkd_kg.pipeline.plan import jobs_of
from cdkd_kg.pipeline.run import cache_of
from cdkd_kg.pipeline.student_stage import lesson_of
from cdkd_kg.pipeline.text_teacher_stage import MODEL
from cdkd_kg.stages import Job, plan, run_jobs
from cdkd_kg.study.cases import Case, cases_of
from cdkd_kg.study.config import load_study, patched
from cdkd_kg.teachers.models import predict
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.text import TextTeacher

STUDY = Path(__file__).parents[1] / "configs" / "study_reviews.yaml"
TASK, SUPERVISED = "sentiment", "supervised"
NONE: Condition = "no_distillation"
OURS: Condition = "graph_teacher"
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Task:
    """What a student may learn from, and the fine-tuned teacher that every way but one asks.

    Attributes:
        texts: labelled ones of the sources and unlabelled ones of the target, with their domains.
        space: the labels.
        teacher: fine-tuned on the labelled texts; not calibrated, and beside no other.
        logits: ``[N, C]``, what it says of them.
        hidden: ``[N, H]``, its pooled last hidden states.
        source_student: folder of the student that learned from the labelled texts alone.
        config: the case.
        seed: of everything.
    """

    texts: TrainingSet
    space: TaskConfig
    teacher: TextTeacher
    logits: Floats
    hidden: Floats
    source_student: Path
    config: Config
    seed: int

    @property
    def domains(self) -> NDArray[np.str_]:
        """The domain of each text."""
        return np.array(self.texts.domains, dtype=str)

    def taught(self, losses: LossesConfig) -> PreTrainedModel:
        """Return a student of the fine-tuned teacher, by some losses."""
        signal = TeacherSignal.of(
            teacher="fine-tuned",
            labels=self.space.labels,
            ids=self.texts.ids,
            text_hashes=self.texts.text_hashes,
            logits=self.logits,
            hidden=self.hidden,
            embedding=self.hidden,
        )
        settings = self.config.distillation.model_copy(update={"losses": losses})
        return distill(self.texts, signal, self.space, self.config.teachers.text.model, settings, self.seed).model


def cases(seeds: Sequence[int], rows: int | None = None) -> list[Case]:
    """Return the twelve pairs of the study with all labels, and before them the case in which all domains teach.

    ``rows`` are those of each split of each domain; None is as many as in the study.
    """
    study = load_study(STUDY)
    pairs = cases_of(study, ["budget=all"], seeds)
    together = patched(study.base.model_dump(mode="json", exclude_unset=True), study.config.overrides)
    teach = {name: {"role": "source"} for name in together["corpus"]["domains"]}
    own = {"name": f"{study.config.name}-{SUPERVISED}", "seeds": tuple(seeds), "output": study.base.output}
    config = patched(together, {"corpus": {"labels_per_class": None, "domains": teach}}) | own
    first = Case({"direction": SUPERVISED}, Config.model_validate(config))
    return [Case(one.choices, _with_ours(one.config, rows)) for one in (first, *pairs)]


def students_of(case: Case, seed: int) -> dict[str, Job]:
    """Do what is missing of the stages that a case shares with the study; return the jobs of students, by condition."""
    config, cache = case.config.model_copy(update={"seeds": (seed,)}), cache_of(case.config)
    jobs = jobs_of(config)[:-1]
    for _ in run_jobs(plan(jobs, cache), cache):
        pass
    return {job.options["case"][2]: job for job in jobs if job.stage == "student"}


def task_of(case: Case, seed: int, students: Mapping[str, Job]) -> Task:
    """Return what there is to learn in a case."""
    config, cache = case.config, cache_of(case.config)
    ours = students[OURS]
    corpus = Corpus.load(ours.needs["corpus"].folder(cache))
    texts, _, space, _ = lesson_of(config, corpus, (TASK, seed, NONE), {}, None)
    teacher = TextTeacher.load(_text_teacher(ours).folder(cache) / MODEL, space)
    text = config.teachers.text
    batch = text.training.per_device_eval_batch_size
    logits, hidden = predict(teacher.model, teacher.tokenizer, texts.texts, text.max_length, batch)
    return Task(texts, space, teacher, logits, hidden, students[NONE].folder(cache) / MODEL, config, seed)


def _with_ours(config: Config, rows: int | None) -> Config:
    """Return a case that trains our students of this benchmark alone."""
    given = config.model_dump(mode="json", exclude_unset=True)
    change: dict[str, Any] = {"evaluation": {"conditions": [NONE, OURS], "coverage": False}}
    if rows:
        splits = {"rows": dict.fromkeys(("train", "validation", "test"), rows)}
        change["corpus"] = {"domains": dict.fromkeys(given["corpus"]["domains"], splits)}
    return Config.model_validate(patched(given, change))


def _text_teacher(student: Job) -> Job:
    """Return the job of the teacher that learned from all sources: the one whose case names neither domain nor way."""
    signal = student.needs["signal"]
    return next(
        job
        for job in signal.needs.values()
        if job.stage == "text_teacher" and job.options["case"][2:] == [None, None, ""]
    )
