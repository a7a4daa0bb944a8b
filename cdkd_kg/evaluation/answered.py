"""What students answered and what teachers said, document by document: two tables in the folder of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cdkd_kg.errors import MissingResourceError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

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
