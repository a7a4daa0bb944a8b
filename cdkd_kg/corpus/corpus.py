"""The corpus: documents of every domain in three splits, with the labels that may be seen."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from datasets import Dataset, DatasetDict, Features, List, Value

from cdkd_kg.artifacts import read_json, write_bytes, write_json
from cdkd_kg.config import DomainConfig, Split, TaskConfig
from cdkd_kg.errors import ArtifactError

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
FEATURES = Features(
    {name: Value("string") for name in ("id", "text", "text_hash", "domain", "task")} | {"label": List(Value("string"))}
)
ABOUT = "corpus.json"


@dataclass(frozen=True)
class Corpus:
    """Documents of several domains and tasks.

    Args:
        tasks: label spaces by name.
        domains: domains by name, as configured.
        dataset: splits train, validation and test, each sorted by id, with columns id (``<domain>/<id>``),
            text, text_hash (SHA-256 of text), domain, task, and label (list of names; null: unlabelled).
        hidden: id to labels of the training and validation rows of target domains: for evaluation alone.
    """

    tasks: dict[str, TaskConfig]
    domains: dict[str, DomainConfig]
    dataset: DatasetDict
    hidden: dict[str, list[str]]

    def rows(self, task: str, split: Split = "train") -> Dataset:
        """Return the rows of a task in a split, labelled or not."""
        table = _table(self.dataset[split])
        return Dataset(table.filter(pc.equal(table["task"], task)))

    def labelled(self, task: str, split: Split = "train") -> Dataset:
        """Return the rows of a task in a split whose label may be seen."""
        table = _table(self.rows(task, split))
        return Dataset(table.filter(pc.is_valid(table["label"])))

    def graph_documents(self) -> Dataset:
        """Return what a graph may be built from, sorted by id.

        That is train of every domain and validation of source domains; never test, so that a test
        document stays unseen.
        """
        sources = [name for name, domain in self.domains.items() if domain.role == "source"]
        validation = _table(self.dataset["validation"])
        seen = validation.filter(pc.is_in(validation["domain"], pa.array(sources, pa.string())))
        return Dataset(pa.concat_tables([_table(self.dataset["train"]), seen]).sort_by("id"))

    def targets(self, rows: Dataset, task: str, *, hidden: bool = False) -> np.ndarray:
        """Return the labels of ``rows`` as float32 [N, C], 1 where a label applies.

        Columns are in the order of the task's labels; a row of -1 is unlabelled. With ``hidden``, labels that nobody
        but evaluation may see are there too.
        """
        column = {label: place for place, label in enumerate(self.tasks[task].labels)}
        targets = np.zeros((len(rows), len(column)), dtype=np.float32)
        for place, (name, shown) in enumerate(zip(rows["id"][:], rows["label"][:], strict=True)):
            labels = self.hidden.get(name) if hidden and shown is None else shown
            if labels is None:
                targets[place] = -1
            else:
                targets[place, [column[label] for label in labels]] = 1
        return targets

    def save(self, folder: Path) -> None:
        """Write the corpus into a folder: one Parquet file a split, and ``corpus.json``."""
        for split in SPLITS:
            buffer = io.BytesIO()
            pq.write_table(_table(self.dataset[split]), buffer)
            write_bytes(folder / f"{split}.parquet", buffer.getvalue())
        about = {
            "tasks": {name: task.model_dump(mode="json") for name, task in self.tasks.items()},
            "domains": {name: domain.model_dump(mode="json") for name, domain in self.domains.items()},
            "order": {"tasks": list(self.tasks), "domains": list(self.domains)},
            "hidden": self.hidden,
        }
        write_json(folder / ABOUT, about)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a corpus that :meth:`save` wrote.

        Raises:
            ArtifactError: a file is missing or broken.
        """
        about = read_json(folder / ABOUT)
        try:
            splits = {split: Dataset(pq.read_table(folder / f"{split}.parquet")) for split in SPLITS}
        except (OSError, pa.ArrowException) as error:
            raise ArtifactError("a corpus cannot be read", where=str(folder), why=str(error)) from error
        return cls(
            tasks={name: TaskConfig(**about["tasks"][name]) for name in about["order"]["tasks"]},
            domains={name: DomainConfig(**about["domains"][name]) for name in about["order"]["domains"]},
            dataset=DatasetDict(splits),
            hidden=about["hidden"],
        )


def _table(dataset: Dataset) -> pa.Table:
    table: pa.Table = dataset.with_format("arrow")[:]
    return table.cast(FEATURES.arrow_schema)
