"""The student bundle: a plain Hugging Face folder with ``cdkd.json``, which says where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from cdkd_kg.artifacts import write_json

ABOUT = "cdkd.json"


def save_bundle(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, max_length: int, about: dict[str, Any], folder: Path
) -> None:
    """Write a student so that ``AutoModelForSequenceClassification.from_pretrained(folder)`` is all it takes.

    Args:
        model: the student; its labels are in its own configuration.
        tokenizer: what it was trained with; it is saved with ``max_length`` as the length to truncate to.
        max_length: tokens that the student was trained on.
        about: task, condition, seed, teacher and graph revision.
        folder: where to write.
    """
    tokenizer.model_max_length = max_length
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_json(folder / ABOUT, {"format": 1, "max_length": max_length, **about})
