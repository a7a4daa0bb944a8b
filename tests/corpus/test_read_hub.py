"""``load_dataset`` for real, on a folder, which it takes like an id of the hub."""

from __future__ import annotations

from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, Value

from cdkd_kg.config import DomainConfig
from cdkd_kg.corpus.read import read_rows
from cdkd_kg.errors import DataRefusedError, MissingResourceError


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "set"
    folder.mkdir()
    features = Features({"idx": Value("int64"), "sentence": Value("string"), "label": ClassLabel(names=["neg", "pos"])})
    for split, labels in (("train", [1, 0]), ("test", [-1])):
        table = pa.table({"idx": range(len(labels)), "sentence": [f"{split} {i}" for i in labels], "label": labels})
        pq.write_table(table.cast(features.arrow_schema), folder / f"{split}.parquet")
    return folder


def domain(hub: Path | str, **columns: str) -> DomainConfig:
    return DomainConfig.model_validate({"task": "t", "source": {"hub": str(hub), "columns": columns}})


def test_splits_class_names_and_ids_of_the_hub(hub: Path) -> None:
    rows = list(read_rows("d", domain(hub, text="sentence", id="idx")))
    assert [(row.id, row.text, row.label, row.split, row.line) for row in rows] == [
        ("test/0", "test -1", None, "test", 1),
        ("train/0", "train 1", "pos", "train", 1),
        ("train/1", "train 0", "neg", "train", 2),
    ]
    assert rows[0].file == f"{hub}:test"


def test_a_missing_column_is_refused_with_the_nearest(hub: Path) -> None:
    with pytest.raises(DataRefusedError, match="did you mean 'sentence'"):
        list(read_rows("d", domain(hub, text="sentences")))


def test_a_set_that_is_not_there_says_what_to_do(hub: Path) -> None:
    with pytest.raises(MissingResourceError, match=r"nobody/nothing.*What to do: check the id"):
        list(read_rows("d", domain("nobody/nothing")))
