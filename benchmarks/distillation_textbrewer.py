"""TextBrewer's side of benchmarks/distillation.py: GeneralDistiller, an epoch at a time.

    python -m benchmarks.distillation_textbrewer FOLDER PADDING

PADDING is ``max_length``, as in its notebook on classification, or ``longest`` of a batch.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from textbrewer import DistillationConfig, GeneralDistiller, TrainingConfig
from torch.utils.data import DataLoader, RandomSampler
from transformers import DataCollatorWithPadding, get_linear_schedule_with_warmup

from benchmarks.distillation_peers import HIDDEN_WEIGHT, TEMPERATURE, models, rows, schedule
from benchmarks.distillation_turns import Turns, read_task


class Paced(DataLoader):  # type: ignore[type-arg]
    """Gives the batches of an epoch when it is this training's turn."""

    def __init__(self, turns: Turns, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._turns = turns

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        self._turns.begin()
        yield from super().__iter__()
        self._turns.end()


def adaptor(batch: dict[str, torch.Tensor], output: Any) -> dict[str, Any]:
    """Return what the losses look at."""
    return {
        "logits": output.logits,
        "hidden": output.hidden_states,
        "losses": output.loss,
        "inputs_mask": batch["attention_mask"],
    }


def main() -> None:
    """Train, an epoch a turn."""
    turns, folder, padding = Turns(), Path(sys.argv[1]), sys.argv[2]
    torch.manual_seed(0)
    task, (teacher, student, tokenizer) = read_task(folder), models(folder)
    if padding == "max_length":
        data, collate = rows(folder, tokenizer, padding="max_length").with_format("torch"), None
    else:
        pad = DataCollatorWithPadding(tokenizer)
        data, collate = rows(folder, tokenizer), lambda batch: dict(pad(batch))
    loader = Paced(turns, data, sampler=RandomSampler(data), batch_size=task["batch"], collate_fn=collate)
    layers = {"layer_T": teacher.config.num_hidden_layers, "layer_S": student.config.num_hidden_layers}
    teacher.config.output_hidden_states = student.config.output_hidden_states = True
    epochs = task["epochs"] + 1  # a checkpoint is written in the last one, whose turn never comes
    distiller = GeneralDistiller(
        train_config=TrainingConfig(device="cpu", output_dir=str(folder / "textbrewer"), ckpt_epoch_frequency=epochs),
        distill_config=DistillationConfig(
            temperature=TEMPERATURE,
            hard_label_weight=1,
            kd_loss_weight=1,
            kd_loss_type="ce",
            intermediate_matches=[layers | {"feature": "hidden", "loss": "cos", "weight": HIDDEN_WEIGHT}],
        ),
        model_T=teacher,
        model_S=student,
        adaptor_T=adaptor,
        adaptor_S=adaptor,
    )
    optimizer = torch.optim.AdamW(student.parameters(), lr=task["learning_rate"], weight_decay=task["weight_decay"])
    with distiller:
        distiller.train(
            optimizer,
            loader,
            epochs,
            scheduler_class=get_linear_schedule_with_warmup,
            scheduler_args=schedule(task),
            max_grad_norm=1.0,
        )


if __name__ == "__main__":
    main()
