"""What a run left: its results, the decisions that held, and what students and teachers said of each document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cdkd_kg.artifacts import read_json
from cdkd_kg.errors import MissingResourceError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

RESULTS, DECISIONS = "results.json", "decisions.json"
ANSWERED, SIGNALLED = "answers.parquet", "signals.parquet"
"""Logits of the students on test documents; calibrated logits of the experts on the documents that they saw."""
FUSED, TEXT = "fused", "text"
"""What the student is taught, and what the text teacher alone says of a document."""


class Said(NamedTuple):
    """What somebody says of a document.

    Attributes:
        task: whose labels the logits are of, in their order.
        who: the condition of a student, or an expert of the teacher that sees the graph.
        seed: of the run.
        document: ``domain/id``.
        logits: ``[C]``.
        target: ``[C]`` of 0 and 1, or -1 where nobody may know; empty for teachers.
    """

    task: str
    who: str
    seed: int
    document: str
    logits: Sequence[float]
    target: Sequence[float]


def run_results(folder: Path) -> dict[str, Any]:
    """Return the content of ``results.json``; raises MissingResourceError where the folder is not of a finished run."""
    if not (folder / RESULTS).is_file():
        raise MissingResourceError(
            "there is no finished run in this folder",
            where=str(folder),
            why=f"it has no {RESULTS}",
            remedy="name a folder that `cdkd run` made, such as runs/topics",
        )
    found: dict[str, Any] = read_json(folder / RESULTS)
    return found


def multi_label_tasks(results: Mapping[str, Any]) -> dict[str, bool]:
    """Return of each task of a run whether its labels are independent."""
    return {name: bool(task["multi_label"]) for name, task in results["config"]["corpus"]["tasks"].items()}


def said_of(
    task: str, who: str, seed: int, documents: Sequence[str], logits: Floats, targets: Floats | None = None
) -> Iterator[Said]:
    """Yield a row a document of ``logits`` ``[N, C]`` and ``targets`` ``[N, C]``."""
    for place, document in enumerate(documents):
        yield Said(task, who, seed, document, logits[place], () if targets is None else targets[place])


def write_said(rows: Iterable[Said], path: Path) -> None:
    """Write a table into a folder of :func:`cdkd_kg.artifacts.new_folder`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = list(zip(*rows, strict=True)) or [()] * len(Said._fields)
    numbers = pa.list_(pa.float32())
    kinds = (pa.string(), pa.string(), pa.int64(), pa.string(), numbers, numbers)
    arrays = [pa.array(map(_plain, column), kind) for column, kind in zip(columns, kinds, strict=True)]
    pq.write_table(pa.table(arrays, names=list(Said._fields)), path, compression="zstd")


def read_said(path: Path) -> dict[str, dict[str, dict[int, dict[str, Said]]]]:
    """Return what was said: ``{task: {who: {seed: {document: row}}}}``.

    Raises:
        MissingResourceError: the table is not there.
    """
    import pyarrow.parquet as pq

    if not path.is_file():
        raise MissingResourceError(
            f"there is no {path.name}",
            where=str(path.parent),
            why="the run was not finished, or made by an earlier version",
            remedy="make it again with `cdkd run`; what is in its cache is not done twice",
        )
    found: dict[str, dict[str, dict[int, dict[str, Said]]]] = {}
    for batch in pq.read_table(path).to_batches():
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            said = Said(*row)
            seeds = found.setdefault(said.task, {}).setdefault(said.who, {})
            seeds.setdefault(said.seed, {})[said.document] = said
    return found


def mean_probabilities(
    seeds: Mapping[int, Mapping[str, Said]], documents: Sequence[str], *, multi_label: bool
) -> Floats:
    """Return ``[N, C]`` what is said of some documents, in the mean over seeds."""
    import numpy as np

    from cdkd_kg.teachers.calibration import as_probabilities

    logits = [np.array([said[name].logits for name in documents], np.float32) for said in seeds.values()]
    return np.asarray(np.mean([as_probabilities(one, multi_label) for one in logits], axis=0))


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
