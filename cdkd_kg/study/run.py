"""Run a study: what is missing of every case, the first seed of all cases first, then tables and report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from cdkd_kg.artifacts import is_whole, need_writable, read_json, verify
from cdkd_kg.errors import ArtifactError, CdkdError
from cdkd_kg.evaluation.answered import RESULTS
from cdkd_kg.pipeline.plan import check_models
from cdkd_kg.pipeline.publish import REPORT
from cdkd_kg.pipeline.run import FINGERPRINT, cache_of, quiet_libraries, run
from cdkd_kg.pipeline.student_stage import ANSWERS
from cdkd_kg.pipeline.tracking import check_trackers
from cdkd_kg.processes import need_one
from cdkd_kg.stages import Job, Step, plan, run_jobs
from cdkd_kg.study.answers import Answers
from cdkd_kg.study.cases import Case
from cdkd_kg.study.clock import Clock
from cdkd_kg.study.config import Study
from cdkd_kg.study.plan import Planned, plan_study
from cdkd_kg.study.results import study_results, write_study


@dataclass(frozen=True)
class Progress:
    """A job that is finished: of which case, how many of all are, and the seconds left where they can be told."""

    case: str
    step: Step
    done: int
    total: int
    seconds_left: float | None


Listener = Callable[[Progress], None]


def run_study(
    study: Study,
    cases: Sequence[Case],
    on_progress: Listener | None = None,
    command: Sequence[str] = (),
    answers: Answers | None = None,
) -> dict[str, Any]:
    """Do what is missing of the cases and return the content of ``study.json``.

    The first seed of every case is done before the second of any, so that an interrupted study knows something of
    every case: ``--seeds`` makes its tables. An interrupt leaves finished jobs, and the reports of finished cases.

    Args:
        study: the study.
        cases: of :func:`~cdkd_kg.study.cases.cases_of`; all, or a slice.
        on_progress: told of each job when it is done.
        command: how the study was started, for the record.
        answers: what is kept of earlier work: a case and seed that it knows is not run, the others are added to it.

    Raises:
        CdkdError: what a run raises, with the case in front of the place.
    """
    need_one("cdkd study")
    need_writable(study.folder)
    need_writable(cache_of(study.base))
    if answers:
        for case in cases:
            answers.need_one_label(case)
    planned = plan_study(cases)
    todo = planned if answers is None else [one for one in planned if not _is_kept(one, answers)]
    clock = Clock((job for one in todo for job in one.jobs), cache_of(study.base))

    def tell(case: Case, step: Step) -> None:
        if not step.reused:
            clock.tick(step.stage, step.seconds)
            if on_progress:
                on_progress(Progress(case.name, step, clock.done, clock.total, clock.seconds_left()))

    _do(todo, study.config.seeds, command, tell, answers)
    for one in todo:
        _need_sound_answers(one)
    results = study_results(study, planned, command, answers)
    write_study(study, results)
    return results


def _is_kept(one: Planned, answers: Answers) -> bool:
    return all(answers.has(one.case, seed) for seed in one.case.config.seeds)


def _do(
    planned: Sequence[Planned],
    seeds: Sequence[int],
    command: Sequence[str],
    tell: Callable[[Case, Step], None],
    answers: Answers | None = None,
) -> None:
    """Train the students of each seed, then evaluate and publish each case whose students are all here."""
    if answers is None and all(_is_published(one) for one in planned):
        return
    quiet_libraries()
    for one in planned:  # a case whose data or models are refused is told now, and not after a night
        with _told(one.case):
            todo = plan(one.jobs, one.cache)
            check_trackers(one.case.config, todo)
            check_models(one.case.config, todo)
            _do_jobs([job for job in one.jobs if job.stage == "corpus"], one, tell)
    for seed in seeds:
        for one in planned:
            if seed in one.case.config.seeds and not (answers and answers.has(one.case, seed)):
                with _told(one.case):
                    _do_jobs(one.of_seed(seed), one, tell)
                    if answers:
                        answers.keep(one, seed)
    for one in planned:
        if not _is_published(one) and (answers is None or _is_trained(one)):
            with _told(one.case):
                run(one.case.config, on_step=partial(tell, one.case), command=command)


def _do_jobs(jobs: Sequence[Job], one: Planned, tell: Callable[[Case, Step], None]) -> None:
    todo = plan(jobs, one.cache)
    if not all(reused for _, reused in todo):
        for _, step in run_jobs(todo, one.cache):
            tell(one.case, step)


def _is_trained(one: Planned) -> bool:
    return all(reused for _, reused in plan(one.jobs[:-1], one.cache))


def _is_published(one: Planned) -> bool:
    """Say whether the folder of a case holds report and results of this very evaluation, and nothing is to be done."""
    folder = one.case.config.folder
    try:
        same = read_json(folder / RESULTS).get(FINGERPRINT) == one.evaluation.fingerprint
    except ArtifactError:
        return False
    return same and (folder / REPORT).is_file() and all(reused for _, reused in plan(one.jobs, one.cache))


def _need_sound_answers(one: Planned) -> None:
    """Check the files that the tables are drawn from against their manifests."""
    for job in one.jobs:
        if job.stage == "student" and is_whole(job.folder(one.cache)):
            verify(job.folder(one.cache), only=(ANSWERS,))


@contextmanager
def _told(case: Case) -> Iterator[None]:
    """Name the case in an error that leaves the block."""
    try:
        yield
    except CdkdError as error:
        error.where = ": ".join(filter(None, [case.name, error.where]))
        raise
