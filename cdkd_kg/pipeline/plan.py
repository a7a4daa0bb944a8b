"""From a configuration to the jobs of a run, each before those that need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from cdkd_kg.artifacts import sha256_file, sha256_text
from cdkd_kg.config import Condition, Config
from cdkd_kg.data.manifest import identity, load_manifest
from cdkd_kg.data.models import listed_models
from cdkd_kg.errors import ConfigError, MissingResourceError, nearest
from cdkd_kg.pipeline.conditions import WITHOUT_TEACHER
from cdkd_kg.pipeline.corpus_stage import corpus_job
from cdkd_kg.pipeline.coverage_stage import coverage_job
from cdkd_kg.pipeline.entities_stage import entities_job
from cdkd_kg.pipeline.evaluation_stage import evaluation_job
from cdkd_kg.pipeline.geometry_stage import document_geometry_job, entity_geometry_job, label_geometry_job
from cdkd_kg.pipeline.graph_stage import graph_job
from cdkd_kg.pipeline.shared_student_stage import shared_student_job
from cdkd_kg.pipeline.student_stage import shared_part_job, student_job
from cdkd_kg.pipeline.teacher_signal_stage import left_out, teacher_signal_job
from cdkd_kg.pipeline.text_opinion import SECOND, WITHOUT
from cdkd_kg.pipeline.text_teacher_stage import TeacherCase, text_teacher_job
from cdkd_kg.stages import Job

COVERAGE = "coverage"
USE_MODELS = ("geometry", "text_teacher", "shared_student", "student")
"""The stages that load what ``teachers.text.model`` and ``distillation.student.model`` name."""
SLIP = 0.87
"""How like a listed model a name must be to be taken for a slip: ``roberta-base``, at 0.86, is a model of its own."""


def jobs_of(config: Config) -> list[Job]:
    """Return every job of a run, in an order that respects what needs what."""
    weights = model_identity(config.teachers.text.model)
    corpus = corpus_job(config)
    entities = entities_job(config, corpus)
    graph = graph_job(config, corpus, entities)
    shared = {
        "corpus": corpus,
        "graph": graph,
        "document_geometry": document_geometry_job(config, corpus, weights),
        "entity_geometry": entity_geometry_job(config, graph, weights),
        "label_geometry": label_geometry_job(config, corpus, weights),
    }
    teachers: list[Job] = []
    others: dict[str, Job] = {}
    signals: list[Job] = []
    taught: list[Taught] = []
    student_weights = weights if (model := config.distillation.student.model) is None else model_identity(model)
    for task in config.corpus.tasks:
        for seed in config.seeds:
            trained = partial(text_teachers, config, corpus, weights, task, seed)
            teachers += [job for name, job in trained("text_teacher").items() if not name.startswith(WITHOUT)]
            for condition in config.evaluation.conditions:
                signal, reader = None, None
                if condition not in WITHOUT_TEACHER:
                    asked = trained(condition)
                    known = {job.fingerprint for job in teachers}
                    others |= {job.fingerprint: job for job in asked.values() if job.fingerprint not in known}
                    signal = teacher_signal_job(config, shared, asked, task, seed, condition, entities)
                    signals.append(signal)
                    reader = asked.get("")
                taught.append(Taught(task, seed, condition, signal, reader))
    students = _students(config, shared, taught, student_weights)
    before = [corpus, entities, *list(shared.values())[1:], *teachers, *others.values(), *signals, *students]
    seen = {COVERAGE: coverage_job(config, corpus)} if config.evaluation.coverage else {}
    return [*before, *seen.values(), evaluation_job(config, shared | seen, teachers, signals, students)]


class Taught(NamedTuple):
    """A student's case, its signal, and the text teacher of all domains; None where there is no such job."""

    task: str
    seed: int
    condition: Condition
    signal: Job | None
    reader: Job | None


def _students(config: Config, shared: Mapping[str, Job], taught: Sequence[Taught], identity: str) -> list[Job]:
    """Return the jobs of the students, and before them those of the encoders that they share, where they do."""
    if not config.distillation.share_encoder:
        return [
            student_job(config, shared, one.signal, one.task, one.seed, one.condition, identity, one.reader)
            for one in taught
        ]
    found: dict[tuple[int, Condition], list[Taught]] = {}
    for one in taught:
        found.setdefault((one.seed, one.condition), []).append(one)
    whole = {
        (seed, condition): shared_student_job(
            config,
            shared["corpus"],
            {one.task: one.signal for one in some},
            {one.task: one.reader for one in some},
            seed,
            condition,
            identity,
        )
        for (seed, condition), some in found.items()
    }
    parts = [shared_part_job(one.task, one.seed, one.condition, whole[one.seed, one.condition]) for one in taught]
    return [*whole.values(), *parts]


def text_teachers(
    config: Config, corpus: Job, weights: str, task: str, seed: int, condition: Condition
) -> dict[str, Job]:
    """Return the text teachers that a condition asks, by what the job of its signal calls them."""
    trained = partial(text_teacher_job, config, corpus, identity=weights)
    way: Literal["", "adapted"] = "adapted" if condition == "adapted_text" else ""
    found = {}
    for domain in _teacher_domains(config, task):
        found[domain or ""] = trained(TeacherCase(task, seed, domain, way=way))
        if condition == "two_text_teachers":
            found[f"{SECOND}{domain or ''}"] = trained(TeacherCase(task, seed, domain, way="second"))
    if not config.teachers.text.per_domain:
        for domain in left_out(config, task):
            found[f"{WITHOUT}{domain}"] = trained(TeacherCase(task, seed, None, domain, way))
    return found


def check_models(config: Config, planned: Sequence[tuple[Job, bool]]) -> None:
    """Load the configurations of the models, so that a wrong name, layer or length is told before anything runs.

    Where no job that is still to be done loads a model, none needs to be there.

    Raises:
        MissingResourceError: a model is not here and cannot be fetched.
        ConfigError: the student is to take a layer that the teacher does not have, or texts are to be longer than
            what a model reads.
    """
    if not any(job.stage in USE_MODELS and not reused for job, reused in planned):
        return
    from cdkd_kg.distillation.layers import check_layers
    from cdkd_kg.teachers.pretrained import model_shape

    text, student = config.teachers.text, config.distillation.student
    teacher = model_shape(text.model)
    if student.teacher_layers is not None:
        check_layers(student.teacher_layers, teacher.layers)
    reads = teacher if student.model is None else model_shape(student.model)
    _check_length(text.max_length, teacher.positions, "teachers.text.max_length", text.model)
    _check_length(student.max_length, reads.positions, "distillation.student.max_length", student.model or text.model)


def model_identity(model: str) -> str:
    """Return what a model's weights are: the digest of its package, of its folder, or the hub id itself.

    Raises:
        MissingResourceError: the name is neither, has no owner as most hub ids have, and is close to a listed one.
    """
    if model in load_manifest():
        return identity(model)
    folder = Path(model)
    if folder.is_dir():
        files = sorted(path for path in folder.iterdir() if path.is_file())
        return sha256_text("\n".join(f"{path.name} {sha256_file(path)}" for path in files))
    if "/" not in model and (meant := nearest(model, listed_models(), SLIP)):
        raise MissingResourceError(
            f"there is no model {model!r}{meant}",
            remedy="give a name of `cdkd data list`, a folder, or a hub id with its owner, such as owner/model",
        )
    return f"hub:{model}"


def _check_length(length: int, positions: int | None, where: str, model: str) -> None:
    if positions is not None and length > positions:
        raise ConfigError(
            f"max_length {length} is more than the model reads",
            where=where,
            why=f"{model} has {positions} positions",
            remedy=f"give at most {positions}",
        )


def _teacher_domains(config: Config, task: str) -> list[str | None]:
    if not config.teachers.text.per_domain:
        return [None]
    domains = config.corpus.domains.items()
    return [name for name, domain in domains if domain.task == task and domain.role == "source"]
