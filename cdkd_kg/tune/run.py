"""Run a search: trial after trial, seed after seed, each through the stages of a run and their shared cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.trial import Trial, TrialState

from cdkd_kg.artifacts import need_writable
from cdkd_kg.config import Config
from cdkd_kg.errors import ConfigError, DataRefusedError, MissingResourceError, TrainingError
from cdkd_kg.pipeline.plan import check_models
from cdkd_kg.pipeline.provenance import code_commit
from cdkd_kg.pipeline.run import cache_of, quiet_libraries
from cdkd_kg.pipeline.tracking import check_trackers
from cdkd_kg.processes import need_one
from cdkd_kg.stages import Job, Step, plan, run_jobs
from cdkd_kg.tune.config import Tune
from cdkd_kg.tune.judge import jobs_of_seed, need_validation, score_of_seed
from cdkd_kg.tune.results import WHY, tune_results, write_tune
from cdkd_kg.tune.storage import Storage

GIT = "git"


@dataclass(frozen=True)
class Progress:
    """A job that a trial has done, or (``step`` None) what became of the trial."""

    trial: int
    step: Step | None = None
    state: str = ""
    score: float | None = None
    values: Mapping[str, Any] | None = None


Listener = Callable[[Progress], None]
OF_ONE_TRIAL = (
    ConfigError, DataRefusedError, TrainingError,
    ArithmeticError, LookupError, MemoryError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What a combination may be to blame for; a full disk or a model that is not here would fail every other, too."""


def run_tune(tune: Tune, on_progress: Listener | None = None, command: Sequence[str] = ()) -> dict[str, Any]:
    """Do what is missing of a search and return the content of ``tune.json``.

    Several processes may do so at once. An interrupt leaves its trial to whoever comes next.

    Args:
        tune: the search.
        on_progress: told of each job and each trial when it is done.
        command: how the search was started, for the record.

    Raises:
        CdkdError: what a run raises, or there are several processes of one run. A combination that cannot be, that no
            memory holds, or whose training has no meaning, is a failed trial.
    """
    need_one("cdkd tune")
    tell = on_progress or (lambda _: None)
    need_writable(tune.folder)
    need_writable(cache_of(tune.base))
    quiet_libraries()
    storage = Storage(tune)
    _check_ahead(tune)
    while True:
        with storage.next_trial() as taken:
            if taken is None:
                break
            trial, values = taken
            told = _judge(tune, storage, trial, values, tell)
            tell(Progress(trial.number, state=told.state.name.lower(), score=told.value, values=values))
    with storage.looked_at() as study:
        results = tune_results(tune, study, command)
        write_tune(tune, results)
    return results


def _check_ahead(tune: Tune) -> None:
    """Tell before the first trial what would be wrong with all of them."""
    jobs = [job for seed in tune.base.seeds for job in jobs_of_seed(tune.base, seed)]
    todo = plan(jobs, cache_of(tune.base))
    check_trackers(tune.base, todo)
    check_models(tune.base, todo)
    _do([job for job in jobs if job.stage == "corpus"][:1], tune.base, lambda _: None)
    need_validation(tune.base, jobs)


def _judge(tune: Tune, storage: Storage, trial: Trial, values: Mapping[str, Any], tell: Listener) -> Any:
    """Score the seeds of a trial in turn, and stop where their mean is below the median of earlier trials."""
    trial.set_user_attr(GIT, code_commit())
    scores: list[float] = []
    try:
        config = tune.trial(trial.number, values)
        for place, seed in enumerate(config.seeds):
            jobs = jobs_of_seed(config, seed)
            _do(jobs, config, lambda step: tell(Progress(trial.number, step)))
            scores.append(score_of_seed(config, jobs))
            trial.report(sum(scores) / len(scores), place)
            trial.set_user_attr(str(seed), scores[-1])
            if place + 1 < len(config.seeds) and trial.should_prune():
                return storage.end(trial, TrialState.PRUNED)
    except OF_ONE_TRIAL as error:
        if isinstance(error, MissingResourceError):
            raise
        trial.set_user_attr(WHY, str(error) or type(error).__name__)
        return storage.end(trial, TrialState.FAIL)
    return storage.end(trial, TrialState.COMPLETE, sum(scores) / len(scores))


def _do(jobs: Sequence[Job], config: Config, tell: Callable[[Step], None]) -> None:
    todo = plan(jobs, cache_of(config))
    check_models(config, todo)
    for _, step in run_jobs(todo, cache_of(config)):
        if not step.reused:
            tell(step)
