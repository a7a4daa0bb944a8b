"""The corpus part of a configuration: tasks, domains, where rows come from and how they are split."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from cdkd_kg.config_model import Model
from cdkd_kg.errors import nearest

NAME = r"^[a-z0-9_-]{1,64}$"
Split = Literal["train", "validation", "test"]
Name = Annotated[str, Field(pattern=NAME)]
FEWEST_LABELS = 2
T = TypeVar("T")


def distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    """Refuse a value that is given twice."""
    if len(set(values)) < len(values):
        raise ValueError(f"values must be distinct, got {list(values)}")
    return values


class TaskConfig(Model):
    """A label space. Several domains may share one.

    ``concepts`` gives the IRIs of what a label is about, in place of what its name is found to speak of. With
    ``regression`` there is one value a text in place of labels, and ``labels`` names it; such a task is distilled from
    Python (:func:`cdkd_kg.distillation.distill.distill`), a run does not take it.
    """

    labels: Annotated[tuple[str, ...], AfterValidator(distinct), Field(min_length=1)]
    multi_label: bool = False
    regression: bool = False
    concepts: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _as_many_labels_as_it_takes(self) -> Self:
        if self.regression and (self.multi_label or len(self.labels) > 1):
            raise ValueError("a regression has one value: give it one name in labels, and no multi_label")
        if not self.regression and len(self.labels) < FEWEST_LABELS:
            raise ValueError(f"a task takes {FEWEST_LABELS} labels at least, or regression: true with one value")
        return self

    @model_validator(mode="after")
    def _concepts_of_labels(self) -> Self:
        for label in self.concepts:
            if label not in self.labels:
                raise ValueError(f"concepts are given for {label!r}, which is no label{nearest(label, self.labels)}")
        return self


class SourceConfig(Model):
    """Where rows come from: exactly one of ``name``, ``hub``, ``path``, ``url``.

    ``name`` is a set of ``cdkd data list``; ``hub`` a dataset id of the Hugging Face hub; ``path`` a CSV,
    JSONL or Parquet file, or a folder of text files (one subfolder a label, or flat for unlabelled text); ``url``
    is Parquet wherever fsspec reaches, one file or a pattern (``s3://bucket/part-*.parquet``).
    ``columns`` says how the file calls our columns (with ``domain``, only rows that name this domain are read;
    ``text_pair`` is the second text of a row where labels are about two, such as a premise and a hypothesis);
    ``where`` keeps the rows whose columns have these values. Rows that share a value in a column ``group`` stay
    in one split.
    """

    name: str | None = None
    hub: str | None = None
    path: Path | None = None
    url: str | None = Field(None, pattern=r"^[a-z][a-z0-9+.-]*://")
    subset: str | None = None
    revision: str | None = None
    columns: dict[Literal["id", "text", "text_pair", "label", "split", "domain"], str] = Field(default_factory=dict)
    where: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = [key for key in ("name", "hub", "path", "url") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of name, hub, path, url; got {given or 'none'}")
        for key in ("subset", "revision"):
            if self.hub is None and getattr(self, key) is not None:
                raise ValueError(f"{key!r} belongs to 'hub' and says nothing beside {given[0]!r}")
        return self


class DomainConfig(Model):
    """One domain: its task, its rows, and whether its training labels may be used.

    ``role: target`` means that training labels, where there are any, are hidden from every stage but the
    last look of the evaluation. ``labels`` renames labels of the file to labels of the task; ``null`` leaves
    rows out on purpose, and the key ``"*"`` stands for every label that is neither named nor the task's.
    ``part_of`` names the domain whose texts these are, as those that a service saw are: a bundle knows both as that
    one, and no label budget holds for them. (It may be the domain itself, where a service saw texts of none.)
    """

    task: str
    source: SourceConfig
    role: Literal["source", "target"] = "source"
    part_of: Name | None = None
    labels: dict[str, str | None] = Field(default_factory=dict)
    rows: dict[Split, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)


class SplitConfig(Model):
    """Shares of rows for data that come without splits; drawn by label with a seed of their own."""

    validation: float = Field(0.1, gt=0, lt=1)
    test: float = Field(0.2, gt=0, lt=1)
    seed: int = 13

    @model_validator(mode="after")
    def _leaves_rows_to_train(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together must be less than 1, or nothing is left to train on")
        return self


class CorpusConfig(Model):
    """Tasks, domains, and how many labels a class the source domains may show."""

    tasks: dict[Name, TaskConfig] = Field(min_length=1)
    domains: dict[Name, DomainConfig] = Field(min_length=1)
    split: SplitConfig = SplitConfig()
    labels_per_class: int | None = Field(None, ge=1)
    max_line_bytes: int = Field(1 << 20, ge=1024)

    def _task_of(self, name: str) -> str | None:
        return self.domains[name].task if name in self.domains else None

    @model_validator(mode="after")
    def _known_tasks(self) -> Self:
        for name, domain in self.domains.items():
            if domain.task not in self.tasks:
                raise ValueError(f"domain {name!r} has task {domain.task!r}{nearest(domain.task, self.tasks)}")
            labels = self.tasks[domain.task].labels
            if domain.part_of is not None and self._task_of(domain.part_of) != domain.task:
                raise ValueError(
                    f"domain {name!r} is part_of {domain.part_of!r}, which is no domain of task {domain.task!r}"
                    f"{nearest(domain.part_of, self.domains)}"
                )
            for ours in domain.labels.values():
                if ours is not None and ours not in labels:
                    raise ValueError(f"domain {name!r} maps a label to {ours!r}{nearest(ours, labels)}")
        for task, space in self.tasks.items():
            if space.regression:
                raise ValueError(f"task {task!r} is a regression, which Python alone takes: docs/distillation.md")
            roles = [domain.role for domain in self.domains.values() if domain.task == task]
            if "source" not in roles:
                raise ValueError(f"task {task!r} has no domain with role: source, so nothing to learn from")
        return self
