"""Stage ``text_teacher``: fine-tune a classifier on the labels of the source domains."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cdkd_kg.artifacts import is_sound, is_whole, read_json, write_json
from cdkd_kg.config import NOT_LEARNED, Config
from cdkd_kg.pipeline.tracking import tracking_of
from cdkd_kg.stages import Job, earlier

if TYPE_CHECKING:
    from datasets import Dataset

    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.teachers.text import TextTeacher

logger = logging.getLogger(__name__)

SECOND_START = 1_000_003
NOT_ASKED: dict[str, Any] = {"probe": True, "label_names": True, "weights": True, "training": NOT_LEARNED}
"""Options of the text teacher that its training does not depend on."""
CURVE, OPINION, MODEL, ADAPTED = "curve.json", "opinion.safetensors", "model", "adapted"
LEARNED = "learned.json"
"""The digest of all that a teacher learned from, beside its options."""


@dataclass(frozen=True)
class TeacherCase:
    """What one text teacher learns from: a task, a seed, and one domain or (None) all, but for one left out.

    ``way`` is ``second`` for one of another start, ``adapted`` for one whose encoder reads all training texts first.
    """

    task: str
    seed: int
    domain: str | None
    without: str | None = None
    way: Literal["", "second", "adapted"] = ""

    @property
    def key(self) -> str:
        """The name of the job."""
        left = f"without-{self.without}" if self.without else None
        return "/".join(part for part in (self.task, f"seed{self.seed}", self.domain, left, self.way) if part)

    @property
    def start(self) -> int:
        """The seed of the training; that of the labels is the same for all."""
        return self.seed + SECOND_START if self.way == "second" else self.seed

    def learns_from(self, domain: str) -> bool:
        """Say whether the labels of a domain may be used."""
        return self.domain in (None, domain) and domain != self.without


def text_teacher_job(config: Config, corpus: Job, case: TeacherCase, identity: str) -> Job:
    """Return the job that trains one text teacher and asks it about every document of the graph."""
    options = {
        "teacher": config.teachers.text.model_dump(mode="json", exclude=NOT_ASKED),
        "weights": identity,
        "case": [case.task, case.seed, case.domain, case.without, case.way],
        "labels_per_class": config.corpus.labels_per_class,
        "transformers": version("transformers"),
        "torch": version("torch"),
    }
    return Job("text_teacher", case.key, options, {"corpus": corpus}, partial(_work, config, case))


def _work(config: Config, case: TeacherCase, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    from safetensors.numpy import save_file

    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.processes import from_first, is_first
    from cdkd_kg.teachers.models import best_device, predict
    from cdkd_kg.teachers.same_training import digest
    from cdkd_kg.teachers.text import TextTeacher, refuse_worse_than_chance

    corpus, text = Corpus.load(inputs["corpus"]), config.teachers.text
    rows, task = _rows(config, corpus, case), corpus.tasks[case.task]
    unlabelled = corpus.rows(case.task)["text"][:] if case.way == "adapted" else []
    learned = digest([rows["text"][:], corpus.targets(rows, case.task), task, unlabelled])
    if from_first(is_first() and _takes_over(job, learned, folder)):
        if not is_first():
            return  # there is nothing to train together
        teacher = TextTeacher.load(folder / MODEL, task)
        teacher.model.to(best_device())
    else:
        teacher = _trained(config, corpus, case, rows, job, folder.parent)
        teacher.save(folder / MODEL)
        write_json(folder / CURVE, teacher.curve)
    ask = partial(
        predict,
        teacher.model,
        teacher.tokenizer,
        max_length=text.max_length,
        batch_size=text.training.per_device_eval_batch_size,
        description="text teacher",
    )
    judges = corpus.labelled(case.task, "validation").filter(case.learns_from, input_columns=["domain"])
    if len(judges):
        answers = ask(judges["text"][:])[0]
        refuse_worse_than_chance(answers, corpus.targets(judges, case.task), task.multi_label, case.key)
    logits, hidden = ask(corpus.graph_documents()["text"][:])
    save_file({"logits": logits, "hidden": hidden}, folder / OPINION)
    write_json(folder / LEARNED, learned)


def _rows(config: Config, corpus: Corpus, case: TeacherCase) -> Dataset:
    """Return the training rows whose labels the teacher may learn."""
    from cdkd_kg.corpus.budget import label_budget
    from cdkd_kg.errors import DataRefusedError

    budget = set(label_budget(corpus, case.task, case.seed, config.corpus.labels_per_class))
    rows = corpus.labelled(case.task).filter(
        lambda name, domain: name in budget and case.learns_from(domain), input_columns=["id", "domain"]
    )
    if len(rows) == 0:
        raise DataRefusedError("there is no labelled row to learn from", where=case.key, remedy="check the labels")
    return rows


def _takes_over(job: Job, learned: str, folder: Path) -> bool:
    """Say whether an earlier job trained a teacher by the same method on the very same, and copy that one."""
    for other in earlier(job, folder.parent, LEARNED):
        if read_json(other / LEARNED) == learned and is_sound(other):
            shutil.copytree(other / MODEL, folder / MODEL)
            shutil.copy(other / CURVE, folder / CURVE)
            logger.info("text teacher %s is that of %s, which learned from the very same", job.key, other.name)
            return True
    return False


def _trained(config: Config, corpus: Corpus, case: TeacherCase, rows: Dataset, job: Job, cache: Path) -> TextTeacher:
    from cdkd_kg.processes import from_first
    from cdkd_kg.teachers.adaptation import adapt
    from cdkd_kg.teachers.text import train_text_teacher

    text, space = config.teachers.text, job.workspace(cache)
    tracking = tracking_of(config, text.training, job)
    if case.way == "adapted":
        adapted = space / ADAPTED  # it stays until the teacher is made, which starts from the very same one
        if not from_first(is_whole(adapted)):
            adapt(corpus.rows(case.task)["text"][:], text, case.start, adapted)
        text = text.model_copy(update={"model": str(adapted)})
    targets = corpus.targets(rows, case.task)
    return train_text_teacher(rows["text"][:], targets, corpus.tasks[case.task], text, case.start, space, tracking)
