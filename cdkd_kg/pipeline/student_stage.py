"""Stage ``student``: distil one condition's signal into a small model, and let it answer the test rows."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.config import NOT_LEARNED, Condition, Config
from cdkd_kg.pipeline.conditions import ORACLE, experts_of, similar_texts_of, without_edges
from cdkd_kg.pipeline.geometry_stage import entity_texts, load_geometry
from cdkd_kg.pipeline.graph_stage import ABOUT, TENSORS
from cdkd_kg.pipeline.teacher_signal_stage import EXPERTS
from cdkd_kg.pipeline.text_teacher_stage import CURVE, MODEL
from cdkd_kg.pipeline.tracking import tracking_of
from cdkd_kg.stages import Job

if TYPE_CHECKING:
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.distillation.course import Lesson
    from cdkd_kg.distillation.distill import Student
    from cdkd_kg.distillation.joint import JointGraph
    from cdkd_kg.distillation.teaching import Beside

ANSWERS, VALIDATION = "test_logits.safetensors", "validation_logits.safetensors"
"""What a student says of the test rows of its task, and of the labelled validation rows: those of source domains."""
JOINT: Condition = "joint"
CASE, SIGNAL, READER, SHARED = "case", "signal", "text_teacher", "shared"
Case = tuple[str, int, Condition]
"""Task, seed and condition."""


def student_job(
    config: Config,
    inputs: Mapping[str, Job],
    signal: Job | None,
    task: str,
    seed: int,
    condition: Condition,
    identity: str,
    text_teacher: Job | None = None,
) -> Job:
    """Return the job that trains one student.

    Args:
        config: the run.
        inputs: the job ``corpus``, and ``graph`` and ``document_geometry`` for the student of ``joint``.
        signal: what it is taught; None for those that learn from labels alone.
        task: the label space.
        seed: decides its labels, and the order in which it learns.
        condition: whose student it is.
        identity: tells the weights that it starts from.
        text_teacher: that of all domains, where there is one; it is asked only by losses that compare tokens.
    """
    options = learned_by(config, identity, taught=signal is not None) | {CASE: [task, seed, condition]}
    needs = {"corpus": inputs["corpus"]} | ({SIGNAL: signal} if signal else {})
    if text_teacher and config.distillation.losses.online():
        needs[READER] = text_teacher
    if condition == JOINT:
        needs |= {name: inputs[name] for name in ("graph", "document_geometry")}
        options |= {
            "graph": config.teachers.graph.model_dump(mode="json"),
            "similar_texts": config.graph.similar_texts,
        }
    return Job("student", f"{task}/seed{seed}/{condition}", options, needs, partial(_work, config))


def learned_by(config: Config, identity: str, *, taught: bool) -> dict[str, Any]:
    """Return the options that a student depends on, of one task or of several; losses are for one with a teacher."""
    not_asked: dict[str, Any] = {"training": NOT_LEARNED} | ({} if taught else {"losses": True})
    return {
        "distillation": config.distillation.model_dump(mode="json", exclude=not_asked),
        "teacher_model": config.teachers.text.model,
        "weights": identity,
        "labels_per_class": config.corpus.labels_per_class,
        "transformers": version("transformers"),
        "torch": version("torch"),
    }


def shared_part_job(task: str, seed: int, condition: Condition, shared: Job) -> Job:
    """Return the job that takes the student of one task out of a job ``shared_student``."""
    case = {CASE: [task, seed, condition]}
    return Job("student", f"{task}/seed{seed}/{condition}", case, {SHARED: shared}, _take)


def _take(job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    shutil.copytree(inputs[SHARED] / job.options[CASE][0], folder, dirs_exist_ok=True)


def _work(config: Config, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.distillation.distill import distill

    case: Case = job.options[CASE]
    teacher = job.needs[SIGNAL].fingerprint if SIGNAL in job.needs else None
    corpus, settings = Corpus.load(inputs["corpus"]), config.distillation
    texts, signal, space, beside = lesson_of(config, corpus, case, inputs, teacher)
    student = distill(
        texts,
        signal,
        space,
        config.teachers.text.model,
        settings,
        case[1],
        beside,
        job.workspace(folder.parent),
        tracking_of(config, settings.training, job),
    )
    save_student(student, config, corpus, case, inputs, teacher, folder)


def lesson_of(config: Config, corpus: Corpus, case: Case, inputs: Mapping[str, Path], teacher: str | None) -> Lesson:
    """Return what the student of a case is to learn.

    Args:
        config: the run.
        corpus: its texts.
        case: task, seed and condition.
        inputs: the folders of the signal and of all else that teaches.
        teacher: fingerprint of the signal; None where there is none.
    """
    import numpy as np

    from cdkd_kg.corpus.budget import label_budget
    from cdkd_kg.distillation.course import Lesson
    from cdkd_kg.distillation.teaching import ALONE
    from cdkd_kg.distillation.training_set import TrainingSet
    from cdkd_kg.teachers.signals import TeacherSignal

    task, seed, condition = case
    rows = corpus.rows(task)
    targets = corpus.targets(rows, task, hidden=condition == ORACLE)
    if condition != ORACLE:
        budget = label_budget(corpus, task, seed, config.corpus.labels_per_class)
        targets[~np.isin(rows["id"][:], budget)] = -1
    texts = TrainingSet(rows["id"][:], rows["text_hash"][:], rows["text"][:], targets, rows["domain"][:])
    if teacher is None:
        return Lesson(texts, None, corpus.tasks[task], ALONE)
    beside = _beside(config, corpus, task, condition, inputs)
    return Lesson(texts, TeacherSignal.load(inputs[SIGNAL], teacher), corpus.tasks[task], beside)


def save_student(
    student: Student,
    config: Config,
    corpus: Corpus,
    case: Case,
    inputs: Mapping[str, Path],
    teacher: str | None,
    folder: Path,
) -> None:
    """Write a student, what it says of the test rows and of labelled validation rows, and how its training went."""
    from safetensors.numpy import save_file

    from cdkd_kg.export.bundle import save_bundle
    from cdkd_kg.teachers.models import predict

    task, seed, condition = case
    settings = config.distillation
    length, batch = settings.student.max_length, settings.training.per_device_eval_batch_size
    folder.mkdir(exist_ok=True)
    for file, asked in {ANSWERS: corpus.rows(task, "test"), VALIDATION: corpus.labelled(task, "validation")}.items():
        logits, _ = predict(student.model, student.tokenizer, asked["text"][:], length, batch, "asking the student")
        save_file({"logits": logits}, folder / file)
    revision = read_json(inputs[SIGNAL] / EXPERTS)["graph"] if teacher else None
    if condition == JOINT:
        revision = read_json(inputs["graph"] / ABOUT)["revision"]
    about = {"task": task, "condition": condition, "seed": seed, "teacher": teacher, "graph_revision": revision}
    about["losses"] = student.losses
    save_bundle(student.model, student.tokenizer, length, about, folder / MODEL)
    write_json(folder / CURVE, student.curve)


def _beside(config: Config, corpus: Corpus, task: str, condition: Condition, inputs: Mapping[str, Path]) -> Beside:
    """Return what teaches beside the signal of a condition, and the texts that judge it."""
    from cdkd_kg.distillation.teaching import Beside
    from cdkd_kg.distillation.training_set import TrainingSet
    from cdkd_kg.teachers.entity_signal import TENSORS as ENTITIES
    from cdkd_kg.teachers.entity_signal import EntitySignal
    from cdkd_kg.teachers.text import TextTeacher

    judges = corpus.labelled(task, "validation")
    reader = inputs.get(READER)
    return Beside(
        graph=joint_graph(config, corpus, inputs) if condition == JOINT else None,
        text_teacher=TextTeacher.load(reader / MODEL, corpus.tasks[task]) if reader else None,
        entities=EntitySignal.load(inputs[SIGNAL]) if (inputs[SIGNAL] / ENTITIES).is_file() else None,
        validation=TrainingSet(
            judges["id"][:], judges["text_hash"][:], judges["text"][:], corpus.targets(judges, task)
        ),
    )


def joint_graph(config: Config, corpus: Corpus, inputs: Mapping[str, Path]) -> JointGraph:
    """Return what the network of ``joint`` reads: the whole graph, similar texts, and the text of every node."""
    from cdkd_kg.distillation.joint import JointGraph
    from cdkd_kg.graph.tensor_files import load_tensors
    from cdkd_kg.teachers.graph import with_similar_texts

    teacher = config.teachers.graph
    data = without_edges(load_tensors(inputs["graph"] / TENSORS), teacher.without_edges)
    data = with_similar_texts(data, load_geometry(inputs["document_geometry"]), similar_texts_of(JOINT, config))
    texts = [*corpus.graph_documents()["text"][:], *entity_texts(data)]
    networks = experts_of(JOINT, teacher).networks or ("rgcn",)
    return JointGraph(data, texts, networks[0], teacher)
