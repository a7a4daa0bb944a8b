"""What TextBrewer and torchdistill are given alike in benchmarks/distillation.py, as users of either would give it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from benchmarks.distillation_turns import read_task

TEMPERATURE, HIDDEN_WEIGHT = 2.0, 0.5
"""Those of our default losses."""


def models(folder: Path) -> tuple[PreTrainedModel, PreTrainedModel, PreTrainedTokenizerBase]:
    """Return the teacher, which is only read, the student, and the tokenizer of both."""
    load = AutoModelForSequenceClassification.from_pretrained
    teacher, student = load(folder / "teacher"), load(folder / "student")
    return teacher.eval().requires_grad_(False), student.train(), AutoTokenizer.from_pretrained(folder / "student")


def rows(folder: Path, tokenizer: PreTrainedTokenizerBase, **options: Any) -> Dataset:
    """Return the tokenised texts with their labels."""
    task = read_task(folder)
    encoded = tokenizer(task["texts"], truncation=True, max_length=task["max_length"], **options)
    return Dataset.from_dict(dict(encoded) | {"labels": task["targets"]})


def schedule(task: dict[str, Any]) -> dict[str, int]:
    """Return the options of a linear schedule with warm-up."""
    steps = -(-len(task["texts"]) // task["batch"]) * task["epochs"]
    return {"num_warmup_steps": int(task["warmup"] * steps), "num_training_steps": steps}
