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
from cdkd_kg.config import NOT_LEARNED, TrainingConfig
from cdkd_kg.errors import TrainingError
from cdkd_kg.progress import is_terminal
from cdkd_kg.teachers.resumable import ResumableTrainer

OURS = {"layerwise_lr_decay"}
"""Options that ``transformers.TrainingArguments`` does not have; the trainer takes them."""


def training_arguments(config: TrainingConfig, seed: int, folder: Path) -> TrainingArguments:
    """Return the arguments of a run that logs its loss, keeps checkpoints in a folder, and is seeded throughout."""
    options = config.model_dump(exclude=NOT_LEARNED | OURS)
    options["save_steps"] = -(-config.save_steps // config.logging_steps) * config.logging_steps
    return TrainingArguments(
        output_dir=str(folder),
        seed=seed,
        data_seed=seed,
        save_strategy="steps",
        use_cpu=config.bf16 and not torch.cuda.is_available(),
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
    encoded = tokenizer(list(texts), truncation=True, max_length=max_length)
    names = [name for name in ("input_ids", "token_type_ids", "attention_mask") if name in encoded]
    return Dataset.from_dict({name: encoded[name] for name in names} | {name: list(c) for name, c in columns.items()})


def training_labels(targets: NDArray[np.float32], multi_label: bool) -> list[Any]:
    """Return what ``transformers`` expects as labels: class indices, or rows of 0 and 1 where multi-label."""
    return list(targets.tolist() if multi_label else targets.argmax(axis=1).tolist())


@contextmanager
def workspace(folder: Path | None) -> Iterator[Path]:
    """Give the folder where checkpoints are kept; without one to resume from, they do not outlive the run.

    Where another process is training in that folder, neither may this one's.
    """
    with ExitStack() as stack:
        if folder is None or not stack.enter_context(held(folder)):
            folder = Path(stack.enter_context(TemporaryDirectory()))
        yield folder


def train_quietly(trainer: ResumableTrainer) -> list[dict[str, float]]:
    """Train on from the last checkpoint, showing a bar on a terminal and nothing elsewhere; return the logged losses.

    Raises:
        TrainingError: a logged loss is not finite.
    """
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=trainer.last_checkpoint())
    # What is asked of the model from now on is answered as its saved copy would answer.
    trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    return _learning_curve(trainer)


def _learning_curve(trainer: Trainer) -> list[dict[str, float]]:
    curve = [
        {"step": entry["step"], "epoch": round(entry["epoch"], 3)}
        | {name: float(value) for name, value in entry.items() if name.startswith("loss")}
        for entry in trainer.state.log_history
        if "loss" in entry
    ]
    for entry in curve:
        if not np.isfinite(entry["loss"]):
            raise TrainingError(
                "the training loss is not finite",
                where=f"step {entry['step']}",
                why="the learning rate is too high, or a teacher signal is broken",
                remedy="lower learning_rate and run again",
            )
    return curve
