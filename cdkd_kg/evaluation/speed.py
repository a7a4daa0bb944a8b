"""Size on disk, parameters, and documents a second of a model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch

from cdkd_kg.teachers.models import best_device, load_classifier, load_tokenizer, predict

DOCUMENTS, BATCH, ROUNDS = 128, 32, 3


def device_name() -> str:
    """Return what predictions are made on: the name of the GPU, or ``cpu``."""
    return torch.cuda.get_device_name() if best_device().type == "cuda" else "cpu"


def measure(folder: Path, labels: Sequence[str], texts: Sequence[str], max_length: int, name: str) -> dict[str, Any]:
    """Return ``model``, ``parameters``, ``bytes`` of weights, and ``documents_per_second``.

    Speed is the median of three rounds over at most 128 texts in batches of 32, tokenising included, after a
    round that does not count.
    """
    model, tokenizer = load_classifier(folder, labels, multi_label=False).to(best_device()), load_tokenizer(folder)
    some = list(texts[:DOCUMENTS])
    seconds = []
    for _ in range(ROUNDS + 1):
        begin = time.perf_counter()
        predict(model, tokenizer, some, max_length, BATCH, "measuring speed")
        seconds.append(time.perf_counter() - begin)
    return {
        "model": name,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "bytes": sum(file.stat().st_size for file in folder.glob("*.safetensors")),
        "documents_per_second": round(len(some) / median(seconds[1:]), 1),
    }
