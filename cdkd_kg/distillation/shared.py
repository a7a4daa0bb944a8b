"""Several tasks in one student: an encoder that all share, and a head for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from safetensors.torch import save_model
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.utils import SAFE_WEIGHTS_NAME

from cdkd_kg.distillation.batches import DistillationCollator
from cdkd_kg.distillation.subject import Learned, Subject, Taught, Tensors
from cdkd_kg.teachers.step_shares import shares_of, tell_shares

TASK = "task"


class SharedEncoder(nn.Module):
    """Classifiers of several tasks that share the encoder of the first; each can be saved as a model of its own.

    Args:
        models: of one architecture, by task.
    """

    _keys_to_ignore_on_save = None  # the Trainer asks, of a checkpoint that has the shared weights once

    def __init__(self, models: Mapping[str, PreTrainedModel]) -> None:
        super().__init__()
        first = next(iter(models.values()))
        for model in models.values():
            setattr(model, model.base_model_prefix, first.base_model)
        self.tasks = nn.ModuleDict({_key(task): model for task, model in models.items()})
        self.config = first.config

    @property
    def base_model(self) -> PreTrainedModel:
        """The encoder."""
        return next(iter(self.tasks.values())).base_model

    def forward(self, task: str, **inputs: Any) -> Any:
        """Return what the model of one task says of a batch."""
        return self.tasks[_key(task)](**inputs)

    def save_pretrained(self, folder: str | Path, **options: Any) -> None:
        """Write all weights, each once, into one file; what is read back is the whole, for a checkpoint."""
        del options
        save_model(self, str(Path(folder) / SAFE_WEIGHTS_NAME))


class SharedSubjects:
    r"""The subjects of all tasks, learned in every batch by the rows that each has in it.

    .. math:: L = \sum_t \frac{B_t}{B} L_t

    with :math:`B_t` of the B rows of a batch. A task that has ten times the texts has ten times the weight;
    ``domain_exponent`` evens that out.

    Args:
        subjects: by task.
    """

    def __init__(self, subjects: Mapping[str, Subject]) -> None:
        self._subjects = dict(subjects)
        self.losses = nn.ModuleDict({_key(task): subject.losses for task, subject in subjects.items()})

    def to(self, device: Any) -> None:
        """Move losses and teachers to a device."""
        for subject in self._subjects.values():
            subject.to(device)

    def beside(self) -> dict[str, Any]:
        """Return what is learned beside rows and signals, by task."""
        return {task: subject.beside() for task, subject in self._subjects.items()}

    def tell_shares(self, batches: Sequence[Mapping[str, Tensors]], own: Sequence[int | None]) -> None:
        r"""Let the rows of each task in each of the batches of one step know what part of it they are.

        :meth:`learn` weighs a task by its rows in one batch, :math:`B_{bt} / B_b`; of a step it is those of all
        batches, :math:`B_t / B`, so that the shares make up for the difference.
        """
        del own  # several processes are refused
        rows = torch.tensor([sum(len(one["input_ids"]) for one in batch.values()) for batch in batches])
        for task, subject in self._subjects.items():
            places = [place for place, batch in enumerate(batches) if task in batch]
            if not places:
                continue
            mine = [batches[place][task] for place in places]
            sizes = torch.stack([subject.sizes(batch, None) for batch in mine])
            here, of_step = sizes[:, :1] / rows[places, None].to(sizes), sizes[:, 0].sum() / rows.sum()
            tell_shares(mine, shares_of(sizes, len(batches)) * of_step / here)

    def learn(self, model: Any, inputs: Mapping[str, Tensors], own: int | None, taught: Taught) -> Learned:
        """Return what there is to learn from a batch; ``inputs`` and the outputs are by task."""
        del own  # several processes are refused
        rows = {task: len(batch["input_ids"]) for task, batch in inputs.items()}
        found = {
            task: self._subjects[task].learn(partial(model, task), batch, None, taught)
            for task, batch in inputs.items()
        }
        terms = [one.loss * rows[task] / sum(rows.values()) for task, one in found.items()]
        parts = {f"{task}/{name}": part for task, one in found.items() for name, part in one.parts.items()}
        total: Tensor = sum(terms[1:], terms[0])
        return Learned(total, parts, {task: one.output for task, one in found.items()})


@dataclass(frozen=True)
class SharedCollator:
    """Sort the rows of a batch by task, and let each task's collator pad its own."""

    collators: Mapping[str, DistillationCollator]

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Tensors]:
        """Return the batch of each task that has rows in it."""
        mine: dict[str, list[dict[str, Any]]] = {task: [] for task in self.collators}
        for row in rows:
            mine[row[TASK]].append({name: value for name, value in row.items() if name != TASK})
        return {task: self.collators[task](some) for task, some in mine.items() if some}


def _key(task: str) -> str:
    """Return what a module is called that belongs to a task; a task may be called ``type``, a module not."""
    return f"task_{task}"


def together(rows: Mapping[str, Dataset]) -> Dataset:
    """Return the rows of all tasks, each with its task; what one task's rows lack is an empty list there."""
    names = list(dict.fromkeys(name for some in rows.values() for name in some.column_names))
    columns: dict[str, list[Any]] = {name: [] for name in [*names, TASK]}
    for task, some in rows.items():
        for name in names:
            columns[name] += some[name][:] if name in some.column_names else [[]] * len(some)
        columns[TASK] += [task] * len(some)
    return Dataset.from_dict(columns)
