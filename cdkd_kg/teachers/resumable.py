"""A Trainer that a kill cannot set back: checkpoints that are whole or absent, and an order that resumes exactly."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.utils.data import Sampler
from transformers import PreTrainedModel, Trainer, set_seed

from cdkd_kg.artifacts import is_sound, new_folder, read_json, write_json
from cdkd_kg.errors import ConfigError, TrainingError
from cdkd_kg.processes import barrier, from_first, is_first, of_all, rank, world_size
from cdkd_kg.teachers.layers import slow_lower_layers
from cdkd_kg.teachers.same_training import ABOUT, digest, learned_arguments, need_same_training
from cdkd_kg.teachers.sampling import EpochSampler
from cdkd_kg.teachers.sharded import parted, shard, take_state, whole_state, whole_value
from cdkd_kg.teachers.whole_batch import own_rows

STATE, SCHEDULE, EXTRA = "trainer_state.json", "scheduler.json", "extra.safetensors"
OPTIMIZER = "optimizer"
"""A JSON file of values beside a safetensors file of tensors."""
RANDOM = "random.json"
"""The states of the random generators of each process."""
OWN = "own rows"
"""With a space, so that neither an input of a model nor a task is called so."""
KEPT = 2
NAMED = 64
"""Rows of a step that a message names."""
OptimizerState = tuple[dict[str, Tensor], dict[str, Any]]
_NAME = re.compile(r"checkpoint-(\d+)")


class ResumableTrainer(Trainer):  # type: ignore[misc]
    """A ``transformers.Trainer`` whose checkpoints are written aside, synced and renamed, and hold no pickle.

    On the processor a run that was killed at any moment and resumed gives the same weights, bit for bit, as one that
    was not: the order of rows depends on seed and epoch alone, and a checkpoint has the state of every random
    generator. It does not keep the sums between two logs, so ``save_steps`` is a multiple of ``logging_steps``.

    It trains in one process on one device, or in several that ``torchrun`` started, each with its share of every batch.
    Rows that only fill up the last batch of an epoch are told by :meth:`own_rows`. The first process writes
    checkpoints, and a run goes on with as many processes as it had. A checkpoint says what it learned from
    (:meth:`learns_from`), and another training does not go on from it.

    It ends when it logs a loss that is not finite, with a :class:`~cdkd_kg.errors.TrainingError` that tells the first
    such step and its rows.

    Args:
        ids: of the training rows, to tell them by; else by their number.
        domains: of the training rows, where batches are to have their share of each.
        domain_exponent: as for :func:`~cdkd_kg.teachers.sampling.epoch_order`.
        layerwise_lr_decay: as for :func:`~cdkd_kg.teachers.layers.slow_lower_layers`.
        fsdp: whether each of several processes keeps its part of the model alone; the model that was given is then in
            parts, and :meth:`finished` has it whole.
        **options: as for ``transformers.Trainer``; ``train_dataset`` has a column ``input_ids``.
    """

    def __init__(
        self,
        *,
        ids: Sequence[str] | None = None,
        domains: Sequence[str] | None = None,
        domain_exponent: float | None = None,
        layerwise_lr_decay: float = 1.0,
        fsdp: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if self.args.n_gpu > 1:
            raise ConfigError(
                f"a process trains on one device, not on {self.args.n_gpu}",
                why="steps are counted, and projections trained, for one",
                remedy="show it one GPU (CUDA_VISIBLE_DEVICES=0), or start a process for each with torchrun",
            )
        if self.args.world_size != world_size():
            raise ConfigError(
                f"transformers sees {self.args.world_size} process, and torchrun started {world_size()}",
                why="without a GPU it asks to be told",
                remedy="give TrainingArguments use_cpu=True, as training_arguments() does",
            )
        # Our losses are means over the batch, so the Trainer must divide by the accumulation steps itself.
        self.model_accepts_loss_kwargs = False
        if rank():
            set_seed(self.args.seed + rank())  # else the rows of all processes would lose the same units to dropout
        if domain_exponent is not None and domains is None:
            raise ConfigError("domain_exponent needs the domain of every text", remedy="give TrainingSet its domains")
        self._ids, self._domains, self._domain_exponent = ids, domains, domain_exponent
        self._broken: Tensor | None = None
        self._layerwise_lr_decay = layerwise_lr_decay
        self._kind, self._fsdp = type(self.model), fsdp and world_size() > 1
        self._start = digest(self.model.state_dict())
        if self._fsdp:
            shard(self.model)
            # So the Trainer calls a model that averages its gradients itself; accelerate would have FSDP on GPUs alone.
            self.is_distributed_loading_by_transformers = True

    def create_optimizer(self, *arguments: Any, **options: Any) -> torch.optim.Optimizer:
        """Make the optimiser, its lower layers slowed down."""
        fresh = self.optimizer is None
        optimizer: torch.optim.Optimizer = super().create_optimizer(*arguments, **options)
        if fresh and self._layerwise_lr_decay != 1:
            slow_lower_layers(optimizer, self.model, self._layerwise_lr_decay)
        return optimizer

    def finished(self) -> PreTrainedModel:
        """Return the trained model, whole, as it answers when it is saved and loaded."""
        if not self._fsdp:
            # What is asked of the model from now on is answered as its saved copy would answer.
            return self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)
        plain = self._kind(self.model.config)
        take_state(plain, whole_state(self.model))
        return plain.to(self.args.device)

    @contextmanager
    def _defer_fsdp_gradient_reduction(self) -> Iterator[None]:
        self.model.set_requires_gradient_sync(False)
        yield
        self.model.set_requires_gradient_sync(True)

    def _load_from_checkpoint(self, checkpoint: str, model: Any = None) -> None:
        if self._fsdp:
            take_state(self.model, self._kind.from_pretrained(checkpoint).state_dict())
        else:
            super()._load_from_checkpoint(checkpoint, model)

    def extra_state(self) -> dict[str, Tensor]:
        """Return what is trained or remembered beside the model."""
        return {}

    def load_extra_state(self, state: dict[str, Tensor]) -> None:
        """Take back what :meth:`extra_state` gave."""
        del state

    def learns_from(self) -> dict[str, Any]:
        """Return what decides what comes out of the training, by the names that a refusal gives it.

        See :func:`~cdkd_kg.teachers.same_training.digest`; what is trained is told as it was at the start.
        """
        beside = [self._layerwise_lr_decay, self._domains, self._domain_exponent]
        return {
            "training options": [learned_arguments(self.args), beside],
            "texts and labels": self.train_dataset,
            "the model at the start": self._start,
        }

    @cached_property
    def _about(self) -> dict[str, str]:
        return {name: digest(part) for name, part in self.learns_from().items()}

    def last_checkpoint(self) -> str | None:
        """Return the newest checkpoint whose every file is what was written; None where there is none.

        Raises:
            ConfigError: it is of another number of processes, or of another training.
        """
        output = Path(self.args.output_dir)
        sound = (step for step in reversed(_checkpoints(output)) if is_first() and is_sound(_checkpoint(output, step)))
        if not (step := from_first(next(sound, 0))):
            return None
        folder = _checkpoint(output, step)
        before = len(read_json(folder / RANDOM))
        if before != world_size():
            raise ConfigError(
                f"training began with {before} processes, and there are {world_size()}",
                where=str(folder),
                why="batches would be of another size, and each process has random numbers of its own",
                remedy=f"go on with {before}, or delete {output} to begin again",
            )
        need_same_training(folder, self._about)
        return str(folder)

    def log(self, logs: dict[str, float], *arguments: Any, **options: Any) -> None:
        """Log what there is, and end the training at a loss that is not finite; nothing comes of going on.

        Raises:
            TrainingError: with the first step whose loss was not, and its rows.
        """
        super().log(logs, *arguments, **options)
        if self._broken is not None and torch.isfinite(self._broken):
            step = int(self._broken)
            raise TrainingError(
                "the training loss is not finite",
                where=f"step {step}, over {self._read_in(step)}",
                why="the learning rate is too high, or a teacher signal is broken",
                remedy="lower learning_rate and run again, in another folder where you gave one for checkpoints",
            )

    def training_step(self, *arguments: Any, **options: Any) -> Tensor:
        """Learn from a batch, and remember the first step whose loss is not finite without waiting for the device."""
        loss: Tensor = super().training_step(*arguments, **options)
        broken = torch.where(loss.isfinite(), torch.inf, float(self.state.global_step + 1))
        self._broken = broken if self._broken is None else torch.minimum(self._broken, broken)
        return loss

    def _read_in(self, step: int) -> str:
        """Return the names of the rows of a step."""
        size = self.args.train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
        epoch, place = divmod(step - 1, -(-len(self.train_dataset) // size))
        self._sampler.set_epoch(epoch)
        rows = list(self._sampler)[place * size :][:size]
        names = [f"row {row}" if self._ids is None else self._ids[row] for row in rows]
        return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> tuple[list[Any], Any]:
        """Read the batches of a step, and note in the last of an epoch which rows are there to fill it up."""
        # Where a run goes on in the middle of an epoch, accelerate does not reach it below what it is wrapped in.
        self._sampler.set_epoch(int(self.state.epoch))
        batches, items = super().get_batch_samples(epoch_iterator, num_batches, device)
        size = self.args.train_batch_size
        rest = len(self.train_dataset) % (size * world_size())
        if world_size() > 1 and rest and self.accelerator.gradient_state.end_of_dataloader:
            batches[-1][OWN] = own_rows(rank(), size, rest)
        return batches, items

    def compute_loss(self, model: Any, inputs: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        """Return the mean loss of this process's rows, those that fill up a batch among them."""
        self.own_rows(inputs)
        return super().compute_loss(model, inputs, *arguments, **options)

    def own_rows(self, inputs: dict[str, Any]) -> int | None:
        """Take from a batch how many of its first rows are this process's, if others only fill it up; None is all."""
        own: int | None = inputs.pop(OWN, None)
        return own

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        rows = self.train_dataset if train_dataset is None else train_dataset
        lengths = [len(ids) for ids in rows["input_ids"]]
        # What is learned from in one step stays the same, whether one process reads it at once or several in parts.
        size = self.args.train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
        seed = self.args.seed if self.args.data_seed is None else self.args.data_seed
        self._sampler = EpochSampler(lengths, size, seed, self._domains, self._domain_exponent)
        return self._sampler

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        if self.state.global_step >= self.state.max_steps:
            return  # the finished model is saved by whoever asked for it
        del model, trial
        states = [json.loads(state) for state in of_all(json.dumps(_random_state()).encode())]
        weights, optimizer = whole_state(self.model), _optimizer_state(self.optimizer)
        if is_first():
            self._write_checkpoint(Path(self.args.output_dir), weights, optimizer, states)
        barrier()

    def _write_checkpoint(
        self, output: Path, weights: dict[str, Tensor], optimizer: OptimizerState, random_states: list[Any]
    ) -> None:
        tensors, values = optimizer
        with new_folder(_checkpoint(output, self.state.global_step)) as fresh:
            # Resuming reads no legacy names.
            self.model.save_pretrained(fresh, state_dict=weights, save_original_format=False)
            self.state.save_to_json(str(fresh / STATE))
            save_file(tensors, fresh / f"{OPTIMIZER}.safetensors")
            write_json(fresh / f"{OPTIMIZER}.json", values)
            write_json(fresh / SCHEDULE, self.lr_scheduler.state_dict())
            write_json(fresh / RANDOM, random_states)
            write_json(fresh / ABOUT, self._about)
            save_file({name: value.contiguous() for name, value in self.extra_state().items()}, fresh / EXTRA)
        for old in _checkpoints(output)[:-KEPT]:
            shutil.rmtree(_checkpoint(output, old), ignore_errors=True)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is not None:
            folder = Path(checkpoint)
            self.optimizer.load_state_dict(_read_optimizer(folder, self.optimizer))
            self.lr_scheduler.load_state_dict(read_json(folder / SCHEDULE))
            self.load_extra_state(load_file(folder / EXTRA))

    def _load_rng_state(self, checkpoint: str | None) -> None:
        if checkpoint is not None:
            _take_random_state(read_json(Path(checkpoint) / RANDOM)[rank()])


def _checkpoints(folder: Path) -> list[int]:
    """Return the steps of which there are checkpoints, in their order."""
    return sorted(int(name[1]) for path in folder.glob("checkpoint-*") if (name := _NAME.fullmatch(path.name)))


def _checkpoint(folder: Path, step: int) -> Path:
    return folder / f"checkpoint-{step}"


def _optimizer_state(optimizer: torch.optim.Optimizer) -> OptimizerState:
    """Return the tensors of an optimiser, whole, and its other values."""
    state = optimizer.state_dict()
    tensors, values = {}, {}
    for place, entry in state["state"].items():
        for name, value in entry.items():
            if isinstance(value, Tensor):
                tensors[f"{place}.{name}"] = whole_value(value).contiguous()
            else:
                values[f"{place}.{name}"] = value
    return tensors, {"values": values, "param_groups": state["param_groups"]}


def _read_optimizer(folder: Path, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    about = read_json(folder / f"{OPTIMIZER}.json")
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    state: dict[int, dict[str, Any]] = {}
    for key, value in (load_file(folder / f"{OPTIMIZER}.safetensors") | about["values"]).items():
        place, _, name = key.partition(".")
        kept = parted(value, parameters[int(place)]) if isinstance(value, Tensor) else value
        state.setdefault(int(place), {})[name] = kept
    return {"state": state, "param_groups": about["param_groups"]}


def _random_state() -> dict[str, Any]:
    """Return the states of all random generators of this process, as JSON has them."""
    state: Any = np.random.get_state()
    _, keys, *rest = state
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {
        "python": random.getstate(),
        "numpy": [keys.tolist(), *rest],
        "torch": _hex(torch.get_rng_state()),
        "cuda": [_hex(state) for state in devices],
    }


def _take_random_state(state: dict[str, Any]) -> None:
    kind, keys, gauss = state["python"]
    random.setstate((kind, tuple(keys), gauss))
    first, *rest = state["numpy"]
    np.random.set_state(("MT19937", np.array(first, dtype=np.uint32), *rest))
    torch.set_rng_state(_from_hex(state["torch"]))
    for place, device in zip(range(torch.cuda.device_count()), state["cuda"], strict=False):
        torch.cuda.set_rng_state(_from_hex(device), place)


def _hex(state: Tensor) -> str:
    return bytes(state.tolist()).hex()


def _from_hex(text: str) -> Tensor:
    return torch.tensor(list(bytes.fromhex(text)), dtype=torch.uint8)
