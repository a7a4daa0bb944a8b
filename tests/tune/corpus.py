"""A search over the tiny corpus, whose rows say themselves in which split they are."""

import csv
from pathlib import Path
from typing import Any

import yaml

from tests.models import tiny_bert
from tests.pipeline.corpus import settings, write_config, write_corpus

SPACE = {
    "distillation.training.learning_rate": {"low": 1.0e-4, "high": 1.0e-2, "log": True},
    "distillation.losses.temperature": {"low": 1, "high": 4},
    "teachers.graph.encoders": {"choices": [["propagation"], ["propagation", "rgcn"]]},
}


def search(**changes: Any) -> dict[str, Any]:
    """Return a search over the tiny corpus as plain values."""
    values = {"name": "look", "base": "tiny.yaml", "space": SPACE, "trials": 3, "seed": 1}
    return values | changes


def write_search(folder: Path, values: dict[str, Any], name: str = "look.yaml") -> Path:
    """Write a search as YAML."""
    path = folder / name
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return path


def add_splits(folder: Path, mistaken: bool = False) -> None:
    """Give rows their split; with ``mistaken`` all labels that nothing may be chosen by are the other ones."""
    other = {"sport": "business", "business": "sport"}
    for name in ("news", "letters"):
        path = folder / f"{name}.csv"
        with path.open(encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle))
        for number, row in enumerate(rows):
            row["split"] = ("train", "train", "train", "validation", "test")[number // 2 % 5]
            if mistaken and (name == "letters" or row["split"] == "test"):
                row["label"] = other[row["label"]]
        with path.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def prepare(folder: Path, mistaken: bool = False, **changes: Any) -> Path:
    """Write corpus, model, base and search, and return the path of the search."""
    tiny_bert(folder / "bert", write_corpus(folder))
    add_splits(folder, mistaken)
    values = settings(folder)
    for stage in (values["teachers"]["text"], values["distillation"]):
        stage["training"] = stage["training"] | {"num_train_epochs": 6, "report_to": []}
    write_config(folder, values)
    return write_search(folder, search(**changes))
