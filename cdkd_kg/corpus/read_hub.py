"""Data sets of the Hugging Face hub, or any folder that ``datasets.load_dataset`` knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import datasets
from datasets import DatasetDict, load_dataset

from cdkd_kg.config import SourceConfig
from cdkd_kg.corpus.features import records
from cdkd_kg.corpus.rows import Record, need_column
from cdkd_kg.errors import MissingResourceError
from cdkd_kg.progress import is_terminal

BATCH = 512


def read_hub(source: SourceConfig, columns: Collection[str], needed: Collection[str]) -> Iterator[Record]:
    """Yield the rows of every split; its name is the row's split unless ``columns`` names a column for that.

    Ids often start again in each split, so they come as ``<split>/<id>``.

    Raises:
        MissingResourceError: the data set is not there, or the hub cannot be reached.
        DataRefusedError: a needed column is missing.
    """
    own_id = source.columns.get("id", "id")
    for split, dataset in sorted(_load(source).items()):
        where = f"{source.hub}:{split}"
        for column in sorted(needed):
            need_column(column, list(dataset.column_names), where)
        number = 0
        wanted = dataset.select_columns([name for name in dataset.column_names if name in columns])
        for table in wanted.with_format("arrow").iter(BATCH):
            for batch in table.to_batches():
                for values in records(batch, dataset.features, columns):
                    number += 1
                    if values.get(own_id) is not None:
                        values[own_id] = f"{split}/{values[own_id]}"
                    if "split" not in source.columns:
                        values["split"] = split
                    yield Record(where, number, values)


def _load(source: SourceConfig) -> DatasetDict:
    if not is_terminal():
        datasets.disable_progress_bars()
    try:
        loaded: DatasetDict = load_dataset(source.hub, source.subset, revision=source.revision)
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        raise MissingResourceError(
            "the data set cannot be loaded",
            where=f"{source.hub}" + (f", subset {source.subset}" if source.subset else ""),
            why=" ".join(str(error).split())[:300],
            remedy="check the id, the subset and the network, or give a local 'path'",
        ) from error
    return loaded
