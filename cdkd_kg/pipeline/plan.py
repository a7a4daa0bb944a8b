"""From a configuration to the jobs of a run, each before those that need it."""

from __future__ import annotations

from pathlib import Path

from cdkd_kg.artifacts import sha256_file, sha256_text
from cdkd_kg.config import Config
from cdkd_kg.data.manifest import identity, load_manifest
from cdkd_kg.pipeline.corpus_stage import corpus_job
from cdkd_kg.pipeline.entities_stage import entities_job
from cdkd_kg.pipeline.evaluation_stage import evaluation_job
from cdkd_kg.pipeline.geometry_stage import geometry_job
from cdkd_kg.pipeline.graph_stage import graph_job
from cdkd_kg.pipeline.student_stage import student_job
from cdkd_kg.pipeline.teacher_signal_stage import teacher_signal_job
from cdkd_kg.pipeline.text_teacher_stage import TeacherCase, text_teacher_job
from cdkd_kg.stages import Job


def jobs_of(config: Config) -> list[Job]:
    """Return every job of a run, in an order that respects what needs what."""
    weights = model_identity(config.teachers.text.model)
    corpus = corpus_job(config)
    entities = entities_job(config, corpus)
    graph = graph_job(config, corpus, entities)
    geometry = geometry_job(config, corpus, graph, weights)
    shared = {"corpus": corpus, "graph": graph, "geometry": geometry}
    teachers: list[Job] = []
    signals: list[Job] = []
    students: list[Job] = []
    student_weights = weights if (model := config.distillation.student.model) is None else model_identity(model)
    for task in config.corpus.tasks:
        for seed in config.seeds:
            mine = {
                domain or "": text_teacher_job(config, corpus, TeacherCase(task, seed, domain), weights)
                for domain in _teacher_domains(config, task)
            }
            teachers += mine.values()
            for condition in config.evaluation.conditions:
                signal = None
                if condition != "no_distillation":
                    signal = teacher_signal_job(config, shared, mine, task, seed, condition)
                    signals.append(signal)
                students.append(student_job(config, corpus, signal, task, seed, condition, student_weights))
    before = [corpus, entities, graph, geometry, *teachers, *signals, *students]
    return [*before, evaluation_job(config, shared, teachers, signals, students)]


def check_models(config: Config) -> None:
    """Load the configurations of the models, so that a wrong name or layer is told before anything runs.

    Raises:
        MissingResourceError: a model is not here and cannot be fetched.
        ConfigError: the student is to take a layer that the teacher does not have.
    """
    from cdkd_kg.distillation.student import check_layers
    from cdkd_kg.teachers.models import layer_count

    count, student = layer_count(config.teachers.text.model), config.distillation.student
    if student.teacher_layers is not None:
        check_layers(student.teacher_layers, count)
    if student.model is not None:
        layer_count(student.model)


def model_identity(model: str) -> str:
    """Return what a model's weights are: the digest of its package, of its folder, or the hub id itself."""
    if model in load_manifest():
        return identity(model)
    folder = Path(model)
    if folder.is_dir():
        files = sorted(path for path in folder.iterdir() if path.is_file())
        return sha256_text("\n".join(f"{path.name} {sha256_file(path)}" for path in files))
    return f"hub:{model}"


def _teacher_domains(config: Config, task: str) -> list[str | None]:
    if not config.teachers.text.per_domain:
        return [None]
    domains = config.corpus.domains.items()
    return [name for name, domain in domains if domain.task == task and domain.role == "source"]
