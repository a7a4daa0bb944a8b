"""torchdistill's side of benchmarks/distillation.py: its DistillationBox, an epoch at a time.

    python -m benchmarks.distillation_torchdistill FOLDER

Its configuration follows those of its examples on GLUE.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

# torchvision of the package index is built for another torch than one for processors alone, whose operators it misses.
OPERATORS = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
for name in ("nms", "qnms"):
    OPERATORS.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]

from torch.utils.data import RandomSampler  # noqa: E402
from torchdistill.core.distillation import DistillationBox  # noqa: E402
from torchdistill.datasets.registry import register_collate_func  # noqa: E402
from torchdistill.losses.registry import register_func2extract_model_output  # noqa: E402
from torchdistill.optim.registry import register_scheduler  # noqa: E402
from transformers import DataCollatorWithPadding, get_linear_schedule_with_warmup  # noqa: E402

from benchmarks.distillation_peers import HIDDEN_WEIGHT, TEMPERATURE, models, rows, schedule  # noqa: E402
from benchmarks.distillation_turns import Turns, read_task  # noqa: E402


def no_model_loss(*arguments: Any, **options: Any) -> dict[str, Any]:
    """Return no loss of the model: that of the labels is part of KDLoss."""
    del arguments, options
    return {}


def config(task: dict[str, Any], layers: dict[str, str]) -> dict[str, Any]:
    """Return the training as its YAML files would say it."""

    def side(name: str, *, learns: bool) -> dict[str, Any]:
        return {
            "forward_proc": "forward_batch_only_as_kwargs",
            "requires_grad": learns,
            "forward_hook": {"input": [], "output": ["classifier", layers[name]]},
        }

    logits = {f"{name}_module_{what}": value for name in ("student", "teacher")
              for what, value in (("path", "classifier"), ("io", "output"))}  # fmt: skip
    hidden = {
        name: {"is_from_teacher": side == "teacher", "module_path": layers[side], "io": "output"}
        for name, side in (("input", "student"), ("target", "teacher"))
    }
    return {
        "num_epochs": task["epochs"],
        "train_data_loader": {
            "dataset_id": "train",
            "sampler": {"class_or_func": RandomSampler},
            "kwargs": {"batch_size": task["batch"], "num_workers": 0},
            "collate_fn": "pad",
            "requires_supp": False,
        },
        "teacher": side("teacher", learns=False),
        "student": side("student", learns=True),
        "optimizer": {
            "key": "AdamW",
            "kwargs": {"lr": task["learning_rate"], "weight_decay": task["weight_decay"]},
            "max_grad_norm": 1.0,
            "grad_accum_step": 1,
        },
        "scheduler": {
            "key": "get_linear_schedule_with_warmup",
            "kwargs": schedule(task),
            "scheduling_step": 1,
        },
        "criterion": {
            "key": "WeightedSumLoss",
            "func2extract_model_loss": "no_model_loss",
            "kwargs": {
                "sub_terms": {
                    "kd": {
                        "criterion": {
                            "key": "KDLoss",
                            "kwargs": logits | {"temperature": TEMPERATURE, "alpha": 1.0, "beta": 1.0},
                        },
                        "weight": 1.0,
                    },
                    "hidden": {
                        "criterion": {"key": "MSELoss", "kwargs": {"reduction": "mean"}},
                        "criterion_wrapper": {"key": "SimpleLossWrapper", "kwargs": hidden},
                        "weight": HIDDEN_WEIGHT,
                    },
                }
            },
        },
    }


def main() -> None:
    """Train, an epoch a turn."""
    turns, folder = Turns(), Path(sys.argv[1])
    torch.manual_seed(0)
    task, (teacher, student, tokenizer) = read_task(folder), models(folder)
    pad = DataCollatorWithPadding(tokenizer)
    register_collate_func(key="pad")(lambda batch: dict(pad(batch)))
    register_func2extract_model_output(no_model_loss)
    register_scheduler(get_linear_schedule_with_warmup)
    last = {
        name: f"bert.encoder.layer.{model.config.num_hidden_layers - 1}"
        for name, model in (("teacher", teacher), ("student", student))
    }
    box = DistillationBox(
        teacher, student, {"train": rows(folder, tokenizer)}, config(task, last), torch.device("cpu"), None, False, 1
    )
    for epoch in range(task["epochs"]):
        turns.begin()
        box.pre_epoch_process(epoch=epoch)
        for batch in box.train_data_loader:
            loss = box.forward_process(batch, targets=batch["labels"], supp_dict=None)
            box.post_forward_process(loss=loss)
        box.post_epoch_process()
        turns.end()


if __name__ == "__main__":
    main()
