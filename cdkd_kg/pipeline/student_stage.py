"""Stage ``student``: distil one condition's signal into a small model, and let it answer the test rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path

from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.config import Condition, Config
from cdkd_kg.pipeline.teacher_signal_stage import EXPERTS
from cdkd_kg.pipeline.text_teacher_stage import CURVE, MODEL
from cdkd_kg.stages import Job

ANSWERS = "test_logits.safetensors"


def student_job(
    config: Config, corpus: Job, signal: Job | None, task: str, seed: int, condition: Condition, identity: str
) -> Job:
    """Return the job that trains one student; ``signal`` is None for the one without distillation."""
    options = {
        "distillation": config.distillation.model_dump(mode="json", exclude=None if signal else {"losses"}),
        "teacher_model": config.teachers.text.model,
        "weights": identity,
        "case": [task, seed, condition],
        "labels_per_class": config.corpus.labels_per_class,
        "transformers": version("transformers"),
        "torch": version("torch"),
    }
    needs = {"corpus": corpus} | ({"signal": signal} if signal else {})
    return Job("student", f"{task}/seed{seed}/{condition}", options, needs, partial(_work, config))


def _work(config: Config, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    from cdkd_kg.corpus.budget import label_budget
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.distillation.distill import TrainingSet, distill
    from cdkd_kg.export.bundle import save_bundle
    from cdkd_kg.teachers.models import predict
    from cdkd_kg.teachers.signals import TeacherSignal

    task, seed, condition = job.options["case"]
    teacher = job.needs["signal"].fingerprint if "signal" in job.needs else None
    corpus = Corpus.load(inputs["corpus"])
    rows = corpus.rows(task)
    targets = corpus.targets(rows, task)
    budget = label_budget(corpus, task, seed, config.corpus.labels_per_class)
    targets[~np.isin(rows["id"][:], budget)] = -1
    training_set = TrainingSet(rows["id"][:], rows["text_hash"][:], rows["text"][:], targets)
    signal = TeacherSignal.load(inputs["signal"], teacher) if teacher else None
    settings = config.distillation
    student = distill(training_set, signal, corpus.tasks[task], config.teachers.text.model, settings, seed)
    test = corpus.rows(task, "test")
    length, batch = settings.student.max_length, settings.training.per_device_eval_batch_size
    logits, _ = predict(student.model, student.tokenizer, test["text"][:], length, batch, "answering the test rows")
    graph = read_json(inputs["signal"] / EXPERTS)["graph"] if teacher else None
    about = {"task": task, "condition": condition, "seed": seed, "teacher": teacher, "graph_revision": graph}
    save_bundle(student.model, student.tokenizer, length, about, folder / MODEL)
    save_file({"logits": logits}, folder / ANSWERS)
    write_json(folder / CURVE, student.curve)
