"""Whether a checkpoint is of the training that is asked for: a digest of all that a model learns from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from pydantic import BaseModel
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase, TrainingArguments

from cdkd_kg.artifacts import read_json
from cdkd_kg.config import TrainingConfig
from cdkd_kg.errors import ConfigError

ABOUT = "training.json"
"""What is learned from, in a checkpoint: a digest of each part."""
_NOT_OF_ARGUMENTS = {"layerwise_lr_decay", "fsdp"}
_CHANGE_NOTHING = {"report_to", "logging_steps", "save_steps", "per_device_eval_batch_size"}
_ROWS = 10_000


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's content, as 64 hexadecimal digits.

    Tensors, arrays, data sets, dataclasses and what JSON has are told apart by all that is in them, a tokenizer by its
    padding alone (its ids are in the rows), any other object by its class.
    """
    found = hashlib.sha256()
    _feed(found, value)
    return found.hexdigest()


def learned_arguments(arguments: TrainingArguments) -> dict[str, Any]:
    """Return the options that decide what comes out of a training, but not when it is logged, saved or told."""
    names = TrainingConfig.model_fields.keys() - _NOT_OF_ARGUMENTS - _CHANGE_NOTHING
    return {name: getattr(arguments, name) for name in sorted({*names, "seed", "data_seed", "max_steps"})}


def learned_losses(losses: nn.Module) -> dict[str, Any]:
    """Return the classes and options of losses, and where their projections start."""
    options = {name: [type(part).__name__, _public(part)] for name, part in losses.named_modules()}
    return {"options": options, "start": losses.state_dict()}


def _public(part: nn.Module) -> dict[str, Any]:
    return {name: value for name, value in vars(part).items() if not name.startswith("_") and name != "training"}


def need_same_training(checkpoint: Path, parts: Mapping[str, str]) -> None:
    """Refuse to go on from the checkpoint of another training.

    Args:
        checkpoint: its folder.
        parts: the digest of each part of the training that is asked for.

    Raises:
        ConfigError: with the parts that differ.
    """
    before = read_json(checkpoint / ABOUT) if (checkpoint / ABOUT).is_file() else {}
    if before == dict(parts):
        return
    names = [name for name in sorted({*before, *parts}) if before.get(name) != parts.get(name)]
    raise ConfigError(
        "the checkpoints in this folder are of another training",
        where=str(checkpoint.parent),
        why=f"what differs: {', '.join(names)}" if before else "an earlier version wrote them and did not say of which",
        remedy=f"give another folder, or delete {checkpoint.parent} to begin again",
    )


def _feed(found: Any, value: Any) -> None:
    """Add a value to a hash, with its kind and length, so that no two values are fed alike."""
    match value:
        case Tensor():
            _feed(found, ["tensor", str(value.dtype), list(value.shape)])
            found.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
        case np.ndarray():
            _feed(found, ["array", str(value.dtype), list(value.shape)])
            found.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8))
        case Dataset():
            _feed_rows(found, value)
        case Enum() | np.generic():
            _feed(found, value.value if isinstance(value, Enum) else value.item())
        case str():
            content = value.encode("utf-8", "surrogatepass")
            found.update(f"str {len(content)}:".encode() + content)
        case None | bool() | int() | float():
            found.update(f"{value!r};".encode())
        case Mapping():
            _feed(found, sorted(([str(key), one] for key, one in value.items()), key=itemgetter(0)))
        case Sequence():
            found.update(f"list {len(value)}:".encode())
            for one in value:
                _feed(found, one)
        case _:
            _feed(found, [type(value).__name__, *_inside(value)])


def _feed_rows(found: Any, rows: Dataset) -> None:
    _feed(found, ["rows", len(rows), rows.column_names, str(rows.features)])
    for table in rows.with_format("arrow").iter(_ROWS):
        for batch in table.combine_chunks().to_batches():
            found.update(batch.serialize())


def _inside(value: Any) -> list[Any]:
    """Return what an object of a class is told apart by."""
    if isinstance(value, PreTrainedTokenizerBase):
        return [value.padding_side, value.pad_token_id]
    if isinstance(value, BaseModel):
        return [value.model_dump()]
    return [{one.name: getattr(value, one.name) for one in fields(value)}] if is_dataclass(value) else []
