"""A Trainer that a kill cannot set back: checkpoints that are whole or absent, and an order that resumes exactly."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.utils.data import Sampler
from transformers import Trainer

from cdkd_kg.artifacts import is_sound, new_folder, read_json, write_json
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.layers import slow_lower_layers
from cdkd_kg.teachers.sampling import EpochSampler

STATE, SCHEDULE, EXTRA = "trainer_state.json", "scheduler.json", "extra.safetensors"
OPTIMIZER, RANDOM = "optimizer", "random"
"""Each a JSON file of values beside a safetensors file of tensors."""
KEPT = 2
_NAME = re.compile(r"checkpoint-(\d+)")


class ResumableTrainer(Trainer):  # type: ignore[misc]
    """A ``transformers.Trainer`` whose checkpoints are written aside, synced and renamed, and hold no pickle.

    On the processor a run that was killed at any moment and resumed gives the same weights, bit for bit, as one that
    was not: the order of rows depends on seed and epoch alone, and a checkpoint has the state of every random
    generator. It does not keep the sums between two logs, so ``save_steps`` is a multiple of ``logging_steps``.

    Train in one process, on one device: several are refused, since steps are counted for one.

    Args:
        domains: of the training rows, where batches are to have their share of each.
        domain_exponent: as for :func:`~cdkd_kg.teachers.sampling.epoch_order`.
        layerwise_lr_decay: as for :func:`~cdkd_kg.teachers.layers.slow_lower_layers`.
        **options: as for ``transformers.Trainer``; ``train_dataset`` has a column ``input_ids``.
    """

    def __init__(
        self,
        *,
        domains: Sequence[str] | None = None,
        domain_exponent: float | None = None,
        layerwise_lr_decay: float = 1.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if self.args.world_size > 1 or self.args.n_gpu > 1:
            raise ConfigError(
                f"training is in one process on one device, not in {max(self.args.world_size, self.args.n_gpu)}",
                why="steps are counted, and projections trained, for one",
                remedy="start it without torchrun, and show it one GPU (CUDA_VISIBLE_DEVICES=0)",
            )
        if domain_exponent is not None and domains is None:
            raise ConfigError("domain_exponent needs the domain of every text", remedy="give TrainingSet its domains")
        self._domains, self._domain_exponent = domains, domain_exponent
        self._layerwise_lr_decay = layerwise_lr_decay

    def create_optimizer(self, *arguments: Any, **options: Any) -> torch.optim.Optimizer:
        """Make the optimiser, its lower layers slowed down."""
        fresh = self.optimizer is None
        optimizer: torch.optim.Optimizer = super().create_optimizer(*arguments, **options)
        if fresh and self._layerwise_lr_decay != 1:
            slow_lower_layers(optimizer, self.model, self._layerwise_lr_decay)
        return optimizer

    def extra_state(self) -> dict[str, Tensor]:
        """Return what is trained or remembered beside the model."""
        return {}

    def load_extra_state(self, state: dict[str, Tensor]) -> None:
        """Take back what :meth:`extra_state` gave."""
        del state

    def last_checkpoint(self) -> str | None:
        """Return the newest checkpoint whose every file is what was written; None where there is none."""
        whole = (folder for folder in reversed(_checkpoints(Path(self.args.output_dir))) if is_sound(folder))
        return next(map(str, whole), None)

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        rows = self.train_dataset if train_dataset is None else train_dataset
        lengths = [len(ids) for ids in rows["input_ids"]]
        # What is learned from in one step stays the same, whether one process reads it at once or several in parts.
        size = self.args.train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
        seed = self.args.seed if self.args.data_seed is None else self.args.data_seed
        return EpochSampler(lengths, size, seed, self._domains, self._domain_exponent)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        if self.state.global_step >= self.state.max_steps:
            return  # the finished model is saved by whoever asked for it
        del model, trial
        folder = Path(self.args.output_dir)
        with new_folder(folder / f"checkpoint-{self.state.global_step}") as fresh:
            self.model.save_pretrained(fresh, save_original_format=False)  # resuming reads no legacy names
            self.state.save_to_json(str(fresh / STATE))
            _save_optimizer(self.optimizer, fresh)
            write_json(fresh / SCHEDULE, self.lr_scheduler.state_dict())
            _save_random(fresh)
            save_file({name: value.contiguous() for name, value in self.extra_state().items()}, fresh / EXTRA)
        for old in _checkpoints(folder)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is not None:
            folder = Path(checkpoint)
            self.optimizer.load_state_dict(_read_optimizer(folder))
            self.lr_scheduler.load_state_dict(read_json(folder / SCHEDULE))
            self.load_extra_state(load_file(folder / EXTRA))

    def _load_rng_state(self, checkpoint: str | None) -> None:
        if checkpoint is not None:
            _load_random(Path(checkpoint))


def _checkpoints(folder: Path) -> list[Path]:
    found = [(int(name[1]), path) for path in folder.glob("checkpoint-*") if (name := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def _save_optimizer(optimizer: torch.optim.Optimizer, folder: Path) -> None:
    state = optimizer.state_dict()
    tensors, values = {}, {}
    for place, entry in state["state"].items():
        for name, value in entry.items():
            if isinstance(value, Tensor):
                tensors[f"{place}.{name}"] = value.contiguous()
            else:
                values[f"{place}.{name}"] = value
    save_file(tensors, folder / f"{OPTIMIZER}.safetensors")
    write_json(folder / f"{OPTIMIZER}.json", {"values": values, "param_groups": state["param_groups"]})


def _read_optimizer(folder: Path) -> dict[str, Any]:
    about = read_json(folder / f"{OPTIMIZER}.json")
    state: dict[int, dict[str, Any]] = {}
    for key, value in (load_file(folder / f"{OPTIMIZER}.safetensors") | about["values"]).items():
        place, _, name = key.partition(".")
        state.setdefault(int(place), {})[name] = value
    return {"state": state, "param_groups": about["param_groups"]}


def _save_random(folder: Path) -> None:
    state: Any = np.random.get_state()
    _, keys, *rest = state
    write_json(folder / f"{RANDOM}.json", {"python": random.getstate(), "numpy": [keys.tolist(), *rest]})
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    states = {"cpu": torch.get_rng_state()} | {f"cuda{place}": state for place, state in enumerate(devices)}
    save_file(states, folder / f"{RANDOM}.safetensors")


def _load_random(folder: Path) -> None:
    about, states = read_json(folder / f"{RANDOM}.json"), load_file(folder / f"{RANDOM}.safetensors")
    kind, keys, gauss = about["python"]
    random.setstate((kind, tuple(keys), gauss))
    first, *rest = about["numpy"]
    np.random.set_state(("MT19937", np.array(first, dtype=np.uint32), *rest))
    torch.set_rng_state(states["cpu"])
    for place in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        if f"cuda{place}" in states:
            torch.cuda.set_rng_state(states[f"cuda{place}"], place)
