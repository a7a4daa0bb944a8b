"""A study over the tiny corpus: two directions, two label budgets, students that learn for a moment."""

from pathlib import Path
from typing import Any

import yaml

from tests.models import tiny_bert
from tests.pipeline.corpus import settings, write_config, write_corpus

BACK = {"corpus": {"domains": {"news": {"role": "target"}, "letters": {"role": "source"}}}}


def study(**changes: Any) -> dict[str, Any]:
    """Return a study of the tiny corpus as plain values."""
    values = {
        "name": "small",
        "base": "tiny.yaml",
        "seeds": [0],
        "overrides": {"evaluation": {"conditions": ["no_distillation", "graph_teacher"], "coverage": True}},
        "vary": {
            "direction": {"there": {}, "back": BACK},
            "budget": {2: {"corpus": {"labels_per_class": 2}}, "all": {"corpus": {"labels_per_class": None}}},
        },
        "questions": [
            {"name": "Is it better than nothing?", "a": "graph_teacher", "b": "no_distillation", "at_least": 5},
            {"name": "And with 2 labels?", "a": "graph_teacher", "b": "no_distillation", "where": {"budget": 2}},
        ],
    }
    return values | changes


def write_study(folder: Path, values: dict[str, Any], name: str = "study.yaml") -> Path:
    """Write a study as YAML."""
    path = folder / name
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return path


def prepare(folder: Path) -> Path:
    """Write corpus, model, base and study, and return the study's path."""
    tiny_bert(folder / "bert", write_corpus(folder))
    values = settings(folder)
    for stage in (values["teachers"]["text"], values["distillation"]):
        stage["training"] = stage["training"] | {"num_train_epochs": 1}
    write_config(folder, values)
    return write_study(folder, study())
