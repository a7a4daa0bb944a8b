"""From a study to its cases: one choice of each dimension, each a checked run configuration of its own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from cdkd_kg.config import NAME, Config
from cdkd_kg.config_errors import config_error
from cdkd_kg.errors import ConfigError, nearest
from cdkd_kg.study.config import OWN, QuestionConfig, Study, patched


@dataclass(frozen=True)
class Case:
    """A run of the study.

    Attributes:
        choices: the choice of each dimension, in the order of the study file.
        config: the run, with the seeds of the study; its name is that of the study and of the choices.
    """

    choices: Mapping[str, str]
    config: Config

    @property
    def name(self) -> str:
        """The name of the run, and of its folder."""
        return self.config.name

    def matches(self, where: Mapping[str, Sequence[str]]) -> bool:
        """Say whether the case has one of the choices asked for in every dimension that is named."""
        return all(self.choices[dimension] in choices for dimension, choices in where.items())


def cases_of(study: Study, only: Sequence[str] = (), seeds: Sequence[int] | None = None) -> list[Case]:
    """Return the cases of a study, all checked before any runs.

    Args:
        study: the study.
        only: ``dimension=choice``, or several choices with commas between; what a slice is made of.
        seeds: some of the study's seeds; None is all.

    Raises:
        ConfigError: a case is no valid run, a question asks for a condition that its cases do not run, or ``only``
            or ``seeds`` name what the study does not have.
    """
    wanted = _slice(study, only)
    chosen = _seeds(study, seeds)
    every = [
        dict(zip(study.config.vary, choices, strict=True)) for choices in itertools.product(*study.config.vary.values())
    ]
    cases = [Case(choices, _config(study, choices, chosen)) for choices in every]
    _need_names_apart(study, cases)
    for question in study.config.questions:
        _need_conditions(study, question, cases)
    return [case for case in cases if case.matches(wanted)]


def _slice(study: Study, only: Sequence[str]) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for given in only:
        dimension, found, choices = given.partition("=")
        if not found:
            raise ConfigError(
                f"a slice is written dimension=choice, got {given!r}",
                where="command line: --only",
                remedy=f"write it like {next(iter(study.config.vary))}=CHOICE",
            )
        for choice in choices.split(","):
            study.config.need_choice(dimension, choice, "command line: --only")
            wanted.setdefault(dimension, []).append(choice)
    return wanted


def _seeds(study: Study, seeds: Sequence[int] | None) -> tuple[int, ...]:
    known = study.config.seeds
    if seeds is None:
        return known
    if unknown := sorted(set(seeds) - set(known)):
        raise ConfigError(
            f"the study has no seed {unknown[0]}", where="command line: --seeds", remedy=f"give some of {list(known)}"
        )
    return tuple(seed for seed in known if seed in seeds)


def _config(study: Study, choices: Mapping[str, str], seeds: tuple[int, ...]) -> Config:
    name = "-".join([study.config.name, *choices.values()])
    if not re.fullmatch(NAME, name):
        raise ConfigError(
            f"the run {name!r} has too long a name", where=str(study.file), remedy="shorten the names of choices"
        )
    values = patched(study.base.model_dump(mode="json", exclude_unset=True), study.config.overrides)
    for dimension, choice in choices.items():
        values = patched(values, study.config.vary[dimension][choice])
    try:
        return Config.model_validate(values | {"name": name, "seeds": seeds, "output": study.base.output})
    except ValidationError as error:
        keys = [str(key) for key in error.errors(include_url=False)[0]["loc"]]
        found = config_error(error, study.file, (), Config, below=_culprit(study, choices, keys))
        where = f"{found.where}, in case {name}"
        raise ConfigError(found.what, where=where, why=found.why, remedy=found.remedy) from error


def _culprit(study: Study, choices: Mapping[str, str], keys: Sequence[str]) -> tuple[str, ...]:
    """Return the place in the study file of the overrides that say most of ``keys``, the later ones first."""
    if keys[:1] and keys[0] in OWN:
        return ()
    places: dict[tuple[str, ...], Mapping[str, object]] = {
        ("vary", dimension, choice): study.config.vary[dimension][choice]
        for dimension, choice in reversed(list(choices.items()))
    }
    places["overrides",] = study.config.overrides
    return max(places, key=lambda place: _depth(places[place], keys))


def _depth(overrides: object, keys: Sequence[str]) -> int:
    if not keys or not isinstance(overrides, Mapping) or keys[0] not in overrides:
        return 0
    return 1 + _depth(overrides[keys[0]], keys[1:])


def _need_names_apart(study: Study, cases: Sequence[Case]) -> None:
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(
                f"two cases would be called {name!r}", where=str(study.file), remedy="rename a choice of one dimension"
            )


def _need_conditions(study: Study, question: QuestionConfig, cases: Sequence[Case]) -> None:
    for case in cases:
        if case.matches(question.where):
            ran = case.config.evaluation.conditions
            for condition in (question.a, question.b):
                if condition not in ran:
                    raise ConfigError(
                        f"the question {question.name!r} is about {condition!r}, which does not run"
                        f"{nearest(condition, ran)}",
                        where=f"{study.file}: {case.name}",
                        remedy="name it in evaluation.conditions of the base or under overrides",
                    )
