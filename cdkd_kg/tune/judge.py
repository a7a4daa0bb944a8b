"""What a trial is worth: its student on the labelled validation rows of source domains, and on nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from safetensors.numpy import load_file

from cdkd_kg.artifacts import verify
from cdkd_kg.config import Config
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.errors import DataRefusedError
from cdkd_kg.evaluation.metrics import primary_metric, scores
from cdkd_kg.pipeline.plan import jobs_of
from cdkd_kg.pipeline.run import cache_of
from cdkd_kg.pipeline.student_stage import VALIDATION
from cdkd_kg.stages import Job

BINS = 15


def jobs_of_seed(config: Config, seed: int) -> list[Job]:
    """Return what the students of a seed need, in order, and nothing that looks at test labels."""
    every = jobs_of(config)
    wanted = {job.fingerprint for job in every if job.stage == "student" and job.options["case"][1] == seed}
    for job in reversed(every):
        if job.fingerprint in wanted:
            wanted |= {need.fingerprint for need in job.needs.values()}
    return [job for job in every if job.fingerprint in wanted]


def score_of_seed(config: Config, jobs: Sequence[Job]) -> float:
    """Return the primary metric of the students of a seed, the mean over tasks.

    Args:
        config: the run of the trial.
        jobs: of :func:`jobs_of_seed`, all done.
    """
    cache = cache_of(config)
    corpus = Corpus.load(_corpus(config, jobs))
    found = []
    for job in jobs:
        if job.stage == "student":
            verify(job.folder(cache), only=(VALIDATION,))
            name = job.options["case"][0]
            logits, several = load_file(job.folder(cache) / VALIDATION)["logits"], corpus.tasks[name].multi_label
            targets = corpus.targets(corpus.labelled(name, "validation"), name)
            found.append(scores(logits, targets, several, BINS)[primary_metric(several)])
    return sum(found) / len(found)


def need_validation(config: Config, jobs: Sequence[Job]) -> None:
    """Refuse a corpus by which nothing can be chosen.

    Raises:
        DataRefusedError: a task has no labelled validation row.
    """
    corpus = Corpus.load(_corpus(config, jobs))
    for name in corpus.tasks:
        if len(corpus.labelled(name, "validation")) == 0:
            raise DataRefusedError(
                f"the task {name!r} has no labelled validation row in a source domain",
                why="trials are judged by these alone",
                remedy="give a source domain validation rows: corpus.split.validation, or a column split",
            )


def _corpus(config: Config, jobs: Sequence[Job]) -> Path:
    return next(job.folder(cache_of(config)) for job in jobs if job.stage == "corpus")
