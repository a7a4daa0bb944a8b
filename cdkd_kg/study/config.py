"""A study as YAML: a run configuration, what varies over it, and the questions that the runs are to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, field_validator, model_validator

from cdkd_kg.config import NAME, Condition, Config, Name, Seed, load_config
from cdkd_kg.config_errors import config_error
from cdkd_kg.config_model import Model
from cdkd_kg.config_yaml import read_yaml
from cdkd_kg.errors import ConfigError, nearest

OWN = ("name", "output", "seeds")
"""Keys of a run that the study decides for all of its runs."""
BUDGET = "budget"
"""The dimension whose choices are drawn as label budgets."""
DomainKind = Literal["target", "source", "all"]
Over = TypeVar("Over", bound=Model)


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _several(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


def _of_a_case(overrides: dict[str, Any]) -> dict[str, Any]:
    for key in OWN:
        if key in overrides:
            raise ValueError(f"{key!r} cannot vary: the study names its runs, and all share seeds and output")
    return overrides


Choice = Annotated[str, BeforeValidator(_text), Field(pattern=NAME)]
Overrides = Annotated[dict[str, Any], AfterValidator(_of_a_case)]


class QuestionConfig(Model):
    """Whether condition ``a`` beats condition ``b`` by ``at_least`` percentage points.

    ``where`` keeps the cases with these choices; ``domains`` says on whose test documents: of target domains (of all
    where a case has none), of source domains, or of all.
    """

    name: str = Field(min_length=1, max_length=200)
    a: Condition
    b: Condition
    at_least: float = 0.0
    where: dict[str, Annotated[tuple[Choice, ...], BeforeValidator(_several), Field(min_length=1)]] = Field({})
    domains: DomainKind = "target"

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.a == self.b:
            raise ValueError(f"a and b are both {self.a!r}, so there is nothing to compare")
        return self


class StudyConfig(Model):
    """What a study file may say.

    ``base`` is a run configuration, its path relative to the study file. ``overrides`` change it for every case,
    each choice under ``vary`` for the cases with that choice; ``null`` takes a key away (JSON Merge Patch, RFC 7396).
    A case is one choice of each dimension.
    """

    name: Name
    base: Path
    seeds: tuple[Seed, ...] = Field(min_length=1)
    overrides: Overrides = Field({})
    vary: dict[Name, Annotated[dict[Choice, Overrides], Field(min_length=1)]] = Field(min_length=1)
    questions: tuple[QuestionConfig, ...] = Field(min_length=1)

    @field_validator("questions")
    @classmethod
    def _named_apart(cls, questions: tuple[QuestionConfig, ...]) -> tuple[QuestionConfig, ...]:
        names = [question.name for question in questions]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two questions are called {name!r}")
        return questions

    def need_choice(self, dimension: str, choice: str, where: str) -> None:
        """Raise a :class:`ConfigError` that names the nearest where ``vary`` has no such dimension or choice."""
        known = "; ".join(f"{name}: {', '.join(choices)}" for name, choices in self.vary.items())
        what = ""
        if dimension not in self.vary:
            what = f"there is no dimension {dimension!r}{nearest(dimension, self.vary)}"
        elif choice not in self.vary[dimension]:
            what = f"there is no choice {choice!r} of {dimension!r}{nearest(choice, self.vary[dimension])}"
        if what:
            raise ConfigError(what, where=where, remedy=f"give one of {known}")


@dataclass(frozen=True)
class Study:
    """A checked study file: where it is, what it says, and the run configuration it starts from."""

    file: Path
    config: StudyConfig
    base: Config

    @property
    def folder(self) -> Path:
        """The folder of ``study.html`` and ``study.json``, beside those of the runs."""
        return self.base.output / self.config.name


def load_over_base(path: Path, kind: type[Over], what: str) -> tuple[Over, Config]:
    """Read a file of runs around another, such as a study, and the run configuration that it names under ``base``.

    Args:
        path: the file.
        kind: its model, with ``name`` and ``base``.
        what: it is called in messages.

    Raises:
        ConfigError: no such file, bad YAML, an unset variable, an unknown key, a base that is no run configuration, or
            one of the same name.
    """
    try:
        config = kind.model_validate(read_yaml(path))
    except ValidationError as error:
        raise config_error(error, path, (), kind) from error
    about: Any = config
    if not (file := path.parent / about.base).exists():
        raise ConfigError(
            f"there is no such configuration file: {file}",
            where=f"{path}: base",
            remedy=f"give the path of a run configuration, from the folder of the {what}",
        )
    base = load_config(file)
    if about.name == base.name:
        raise ConfigError(
            f"the {what} is called {about.name!r} as its base is, and would share the folder of that run",
            where=str(path),
            remedy=f"give the {what} a name of its own",
        )
    return config, base


def load_study(path: str | Path) -> Study:
    """Read a study file and the run configuration that it names.

    Raises:
        ConfigError: no such file, bad YAML, an unset variable, an unknown key, dimension, choice or condition, or a
            base that is no run configuration; the message names the file, the line and the key.
    """
    path = Path(path)
    config, base = load_over_base(path, StudyConfig, "study")
    for question in config.questions:
        for dimension, choices in question.where.items():
            for choice in choices:
                config.need_choice(dimension, choice, f"{path}: question {question.name!r}")
    return Study(path, config, base)


def patched(values: Any, patch: Any) -> Any:
    """Return ``values`` with ``patch`` laid over it: mappings are merged, ``None`` takes a key away, the rest replaces.

    Example:
        >>> patched({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": None}, "d": [2, 3]})
        {'a': {'c': 2}, 'd': [2, 3]}

    Source: JSON Merge Patch, RFC 7396, section 2.
    """
    if not isinstance(patch, Mapping):
        return patch
    result = dict(values) if isinstance(values, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = patched(result.get(key), value)
    return result
