"""What every training here shares: arguments for ``transformers.Trainer`` and tokenised rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase, Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from cdkd_kg.artifacts import held
from cdkd_kg.config import NOT_LEARNED, TaskConfig, TrainingConfig
from cdkd_kg.errors import DataRefusedError
from cdkd_kg.processes import from_first, is_first, join, noticing_loss, world_size
from cdkd_kg.progress import is_terminal
from cdkd_kg.teachers.encoding import alike, encode
from cdkd_kg.teachers.resumable import ResumableTrainer

MODEL_INPUTS = ("input_ids", "token_type_ids", "attention_mask")
OURS = {"layerwise_lr_decay", "fsdp"}
"""Options that ``transformers.TrainingArguments`` does not have; the trainer takes them."""


def training_arguments(config: TrainingConfig, seed: int, folder: Path) -> TrainingArguments:
    """Return the arguments of a run that logs its loss, keeps checkpoints in a folder, and is seeded throughout."""
    join()  # before transformers does, which would have less patience
    options = config.model_dump(exclude=NOT_LEARNED | OURS)
    options["save_steps"] = -(-config.save_steps // config.logging_steps) * config.logging_steps
    return TrainingArguments(
        output_dir=str(folder),
        seed=seed,
        data_seed=seed,
        save_strategy="steps",
        use_cpu=(config.bf16 or world_size() > 1) and not torch.cuda.is_available(),
        report_to="none",  # see tracking.py
        disable_tqdm=not is_terminal(),
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        logging_nan_inf_filter=False,
        log_level="error",
        **options,
    )


def tokenised(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_length: int, **columns: Sequence[Any]
) -> Dataset:
    """Return the rows that a Trainer reads: token ids, attention mask, and the further ``columns``."""
    read: dict[str, list[list[int]]] = {}
    for places in alike(texts):
        encoded = encode(tokenizer, [texts[place] for place in places], max_length)
        for name in [name for name in MODEL_INPUTS if name in encoded]:
            column = read.setdefault(name, [[] for _ in texts])
            for place, values in zip(places, encoded[name], strict=True):
                column[place] = values
    return Dataset.from_dict(read | {name: list(column) for name, column in columns.items()})


def training_labels(targets: NDArray[np.float32], task: TaskConfig) -> list[Any]:
    """Return what ``transformers`` expects as labels: class indices, rows of 0 and 1 where multi-label, or values."""
    if task.regression:
        return list(targets[:, 0].tolist())
    return list(targets.tolist() if task.multi_label else targets.argmax(axis=1).tolist())


@contextmanager
def workspace(folder: Path | None) -> Iterator[Path]:
    """Give the folder where checkpoints are kept; without one to resume from, they do not outlive the run.

    Where another run is training in that folder, neither may this one's. Of several processes of one run, the first
    holds the folder for all.
    """
    with ExitStack() as stack:
        mine = folder is not None and is_first() and stack.enter_context(held(folder))
        if folder is None or not from_first(mine):
            folder = Path(stack.enter_context(TemporaryDirectory()))
        yield folder


def train_quietly(trainer: ResumableTrainer) -> list[dict[str, float]]:
    """Train on from the last checkpoint, showing a bar on a terminal and nothing elsewhere; return the logged losses.

    Raises:
        TrainingError: a logged loss is not finite.
        ConfigError: the last checkpoint is of another training.
        ProcessLostError: another process ended in the middle of it.
    """
    trainer.remove_callback(PrinterCallback)
    with noticing_loss():
        trainer.train(resume_from_checkpoint=trainer.last_checkpoint())
    return _learning_curve(trainer)


def _learning_curve(trainer: Trainer) -> list[dict[str, float]]:
    return [
        {"step": entry["step"], "epoch": round(entry["epoch"], 3)}
        | {name: float(value) for name, value in entry.items() if name.startswith("loss")}
        for entry in trainer.state.log_history
        if "loss" in entry
    ]


def need_rows(rows: int, where: str) -> None:
    """Refuse a training that has nothing to learn from.

    Raises:
        DataRefusedError: there is no row.
    """
    if not rows:
        raise DataRefusedError(
            "there is nothing to learn from",
            where=where,
            why="no text is given, or none has a label and there is no teacher's signal",
            remedy="give labelled texts, or texts with a signal",
        )
