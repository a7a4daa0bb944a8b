"""A search as YAML: a run configuration, the space around it, and how many trials it may take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, field_validator

from cdkd_kg.config import Condition, Config, Name, Seed
from cdkd_kg.config_errors import config_error
from cdkd_kg.config_model import Model
from cdkd_kg.errors import ConfigError
from cdkd_kg.pipeline.conditions import ORACLE
from cdkd_kg.study.config import load_over_base, patched
from cdkd_kg.tune.space import RangeConfig

OWN = ("name", "output")
SAME = (*OWN, "seeds", "corpus", "evaluation")
"""Sections that all trials share, since else their scores could not be compared."""
ROOM = 8
"""What the name of a trial has beside that of the search."""


def _shared(overrides: dict[str, Any]) -> dict[str, Any]:
    for key in OWN:
        if key in overrides:
            raise ValueError(f"{key!r} cannot be set: the search names its trials, and they lie beside the base")
    return overrides


class TuneConfig(Model):
    """What a search file may say.

    ``base`` is a run configuration, its path relative to the search file; ``overrides`` change it for every trial, as
    in a study. ``space`` says by dotted key what is tried. A trial is judged by the student of ``condition``, seed
    after seed of the base. ``seed`` decides what is tried.
    """

    name: Name
    base: Path
    overrides: Annotated[dict[str, Any], AfterValidator(_shared)] = Field({})
    space: dict[str, RangeConfig] = Field(min_length=1)
    trials: int = Field(ge=1, lt=10**ROOM // 10)
    seed: Seed = 0
    condition: Condition = "graph_teacher"

    @field_validator("name")
    @classmethod
    def _leaves_room(cls, name: str) -> str:
        if len(name) > 64 - ROOM:
            raise ValueError(f"it must have at most {64 - ROOM} characters, so that trials can be called after it")
        return name

    @field_validator("condition")
    @classmethod
    def _looks_at_no_target_label(cls, condition: Condition) -> Condition:
        if condition == ORACLE:
            raise ValueError(f"{ORACLE!r} learns from labels of the target, so nothing may be chosen by it")
        return condition

    @field_validator("space")
    @classmethod
    def _apart(cls, space: dict[str, RangeConfig]) -> dict[str, RangeConfig]:
        for key in space:
            if key.partition(".")[0] in SAME:
                raise ValueError(f"{key!r} cannot be searched: all trials share {', '.join(SAME)}")
            inner = [other for other in space if other.startswith(f"{key}.")]
            if inner:
                raise ValueError(f"{inner[0]!r} is a part of {key!r}, which is searched as a whole")
        return space


@dataclass(frozen=True)
class Tune:
    """A checked search file.

    Attributes:
        file: where it is.
        config: what it says.
        values: the run that trials start from, as plain values: the base and the overrides.
        base: the same, as a configuration.
    """

    file: Path
    config: TuneConfig
    values: Mapping[str, Any]
    base: Config

    @property
    def folder(self) -> Path:
        """The folder of ``tune.html`` and ``tune.json``, beside those of the runs."""
        return self.base.output / self.config.name

    def trial(self, number: int, chosen: Mapping[str, Any]) -> Config:
        """Return the run of a trial.

        Args:
            number: of the trial.
            chosen: values by dotted key.

        Raises:
            ConfigError: no such run can be.
        """
        values = dict(self.values)
        for key, value in chosen.items():
            values = _with(values, key.split("."), value)
        try:
            return Config.model_validate(values | {"name": f"{self.config.name}-{number}"})
        except ValidationError as error:
            found = config_error(error, self.file, (), Config, below=("space", *chosen))
            where = f"{found.where.rpartition(': ')[0]}: space.{' with '.join(chosen)}"
            raise ConfigError(found.what, where=where, why=found.why, remedy=found.remedy) from error


def load_tune(path: str | Path) -> Tune:
    """Read a search file and the run configuration that it names, and try the ends of every range on it.

    Raises:
        ConfigError: no such file, bad YAML, an unset variable, an unknown key, a range that no run can take, or a base
            that is no run configuration; the message names the file, the line and the key.
    """
    path = Path(path)
    config, base = load_over_base(path, TuneConfig, "search")
    own = {"name": config.name, "output": str(base.output), "evaluation": {"conditions": [config.condition]}}
    values = patched(base.model_dump(mode="json", exclude_unset=True), config.overrides) | own
    try:
        tune = Tune(path, config, values, Config.model_validate(values))
    except ValidationError as error:
        raise config_error(error, path, (), Config, below=("overrides",)) from error
    for key, possible in config.space.items():
        for probe in possible.probes():
            tune.trial(0, {key: probe})
    return tune


def _with(values: Any, keys: Sequence[str], value: Any) -> Any:
    """Return ``values`` with one place set; a section is laid over what was there, as overrides of a run are."""
    if keys:
        first, *rest = keys
        inner = values if isinstance(values, Mapping) else {}
        return {**inner, first: _with(inner.get(first), rest, value)}
    if not isinstance(value, Mapping):
        return value
    inner = dict(values) if isinstance(values, Mapping) else {}
    return inner | {key: _with(inner.get(key), (), part) for key, part in value.items()}
