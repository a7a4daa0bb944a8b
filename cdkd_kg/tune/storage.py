"""The trials of a search in SQLite, shared by several processes; a trial belongs to who holds its folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import DatabaseError

from cdkd_kg.artifacts import canonical_json, held, sha256_text
from cdkd_kg.errors import ArtifactError, ConfigError
from cdkd_kg.pipeline.corpus_stage import corpus_job
from cdkd_kg.study.answers import NOT_ASKED
from cdkd_kg.tune.config import Tune

STORAGE, TRIALS = "tune.db", "trials"
WAIT = 60
"""Seconds that one process waits for another's writing."""
OTHER = "identity"


class Storage:
    """The trials of one search.

    Of all processes one at a time takes a trial or ends one, so that there are never more than asked for. A trial whose
    process was killed is free: it is running, and nobody holds its folder. It is then gone on with, with its values,
    under its number; what it had finished is in the cache of stages.

    What is tried in trial n depends on the seed, n and the trials before it, so one process alone tries the same after
    it was stopped as it would have. Among several the order in which trials end matters, and that is chance.

    Args:
        tune: the search.

    Raises:
        ConfigError: the folder has the trials of another search.
        ArtifactError: the storage cannot be read.
    """

    def __init__(self, tune: Tune) -> None:
        self._tune = tune
        file = tune.folder / STORAGE
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with self._alone():
            try:
                storage = optuna.storages.RDBStorage(
                    f"sqlite:///{file.absolute()}", engine_kwargs={"connect_args": {"timeout": WAIT}}
                )
                self._study = optuna.create_study(
                    storage=storage,
                    study_name=tune.config.name,
                    direction="maximize",
                    pruner=optuna.pruners.MedianPruner(),
                    load_if_exists=True,
                )
            except DatabaseError as error:
                raise ArtifactError(
                    "the trials of a search cannot be read",
                    where=str(file),
                    why=str(error).splitlines()[0],
                    remedy="put a copy of it back, or delete it: what its trials trained is in the cache",
                ) from error
            self._need_same(file)

    @contextmanager
    def next_trial(self) -> Iterator[tuple[Trial, dict[str, Any]] | None]:
        """Give a trial and its values by dotted key, to be held in this block; None where none is left to begin."""
        with ExitStack() as mine:
            with self._alone():
                trial = self._abandoned(mine) or self._new(mine)
                values = trial and {key: one.suggest(trial, key) for key, one in self._tune.config.space.items()}
            yield None if trial is None or values is None else (trial, values)

    def end(self, trial: Trial, state: TrialState, score: float | None = None) -> FrozenTrial:
        """Say what became of a trial."""
        with self._alone():
            told = self._study.tell(trial, score, state)
            rmtree(self._place(trial.number), ignore_errors=True)
        return told

    @contextmanager
    def looked_at(self) -> Iterator[optuna.Study]:
        """Give all trials as they are, while no process takes or ends one."""
        with self._alone():
            yield self._study

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with held(self._tune.folder, wait=True):
            yield

    def _abandoned(self, mine: ExitStack) -> Trial | None:
        for frozen in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if mine.enter_context(held(self._place(frozen.number))):
                self._sample_for(frozen.number)
                return Trial(self._study, frozen._trial_id)
        return None

    def _new(self, mine: ExitStack) -> Trial | None:
        number = len(self._study.get_trials(deepcopy=False))
        if number >= self._tune.config.trials:
            return None
        self._sample_for(number)
        trial = self._study.ask()
        mine.enter_context(held(self._place(trial.number)))
        return trial

    def _sample_for(self, number: int) -> None:
        digest = sha256_text(canonical_json([self._tune.config.seed, number]))
        self._study.sampler = optuna.samplers.TPESampler(seed=int(digest[:8], 16))

    def _place(self, number: int) -> Path:
        return self._tune.folder / TRIALS / str(number)

    def _need_same(self, file: Path) -> None:
        """Refuse trials whose scores cannot be compared with those to come: of another space, run or data."""
        base, config = self._tune.base, self._tune.config
        asked = [
            base.model_dump(mode="json", exclude_unset=True, exclude=NOT_ASKED),
            base.seeds,
            config.model_dump(mode="json", include={"space", "seed", "condition"}),
            corpus_job(base).options,
        ]
        identity = sha256_text(canonical_json(asked))
        if self._study.user_attrs.setdefault(OTHER, identity) != identity:
            raise ConfigError(
                "the trials that are here are of another search",
                where=str(file),
                why="its space, its base, its data or its seed were not these",
                remedy="give this search another name, or delete that folder",
            )
        self._study.set_user_attr(OTHER, identity)
