"""What Meta-KD- and HRKD-style training share: states of all layers and answers, read from a teacher in each batch.

Both released codes compare attention scores besides, and Meta-KD trains states before answers; here all is one sum, and
true labels, where they are known, are learned as in every other way of benchmarks/peers.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import DataCollatorWithPadding, PreTrainedModel, set_seed

from benchmarks.peers_task import Floats, Task
from cdkd_kg.distillation.distill import optimisation_steps
from cdkd_kg.distillation.losses.layer_states import evenly
from cdkd_kg.distillation.student import new_student
from cdkd_kg.teachers.models import pooled
from cdkd_kg.teachers.resumable import ResumableTrainer
from cdkd_kg.teachers.training import tokenised, train_quietly, training_arguments

UNLABELLED = -1
Weigh = Callable[[Sequence[Tensor], Tensor, Tensor], Tensor]
"""From a batch's pooled states ``[B, H]`` of M layers, its domains ``[B]`` and weights ``[B]`` to ``[M, B]``."""


class LayersTrainer(ResumableTrainer):
    r"""Trains on the distances of token states, layer by layer, softened answers, and true labels.

    .. math:: \sum_{m, i} w_{mi} \frac{\lVert h^S_{mi} - h^T_{g(m) i} \rVert^2}{H |x_i|}
        - \frac1{BC} \sum_{i, c} p^T_{ic} \log p^S_{ic} + \mathrm{CE}

    Args:
        teacher: reads each batch beside the student; of the same width.
        weigh: gives w.
        **options: as for ``transformers.Trainer``.
    """

    def __init__(self, *, teacher: PreTrainedModel, weigh: Weigh, **options: Any) -> None:
        super().__init__(**options)
        self.teacher, self.weigh = teacher.eval().requires_grad_(False), weigh
        self.pairs = evenly(self.model.config.num_hidden_layers, teacher.config.num_hidden_layers)

    def compute_loss(self, model: Any, inputs: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        """Return the loss of a batch."""
        del arguments, options
        domain, target, weight = (inputs.pop(name) for name in ("domain", "target", "weight"))
        mask = inputs["attention_mask"]
        said = model(**inputs, output_hidden_states=True)
        with torch.no_grad():
            told = self.teacher(**inputs, output_hidden_states=True)
        states = [said.hidden_states[layer].float() for layer in self.pairs]
        taught = [told.hidden_states[layer].float() for layer in self.pairs.values()]
        apart = [pooled((one - other) ** 2, mask).mean(1) for one, other in zip(states, taught, strict=True)]
        weights = self.weigh([pooled(one, mask) for one in states], domain, weight)
        soft = -(F.softmax(told.logits.float(), 1) * F.log_softmax(said.logits.float(), 1)).mean()
        hard = F.cross_entropy(said.logits.float(), target, ignore_index=UNLABELLED, reduction="sum")
        return (weights * torch.stack(apart)).sum() + soft + hard / (target != UNLABELLED).sum().clamp_min(1)


def student_of_layers(
    task: Task, make: Callable[[PreTrainedModel], Weigh], weights: Floats | None = None, balanced: bool = False
) -> PreTrainedModel:
    """Return a student of the fine-tuned teacher's layers.

    Args:
        task: what there is to learn.
        make: returns what weighs states, for an untrained student.
        weights: ``[N]`` of the texts; None is 1.
        balanced: whether each batch has as many texts of each domain.
    """
    set_seed(task.seed)
    settings = task.config.distillation
    student, tokenizer = new_student(settings.student, task.config.teachers.text.model, task.space)
    known = (task.texts.targets >= 0).all(axis=1)
    rows = tokenised(
        tokenizer,
        task.texts.texts,
        settings.student.max_length,
        domain=np.unique(task.domains, return_inverse=True)[1].tolist(),
        target=np.where(known, task.texts.targets.argmax(axis=1), UNLABELLED).tolist(),
        weight=[1.0] * len(task.texts.ids) if weights is None else weights.tolist(),
    )
    with TemporaryDirectory() as folder:
        arguments = training_arguments(settings.training, task.seed, Path(folder))
        arguments.max_steps = optimisation_steps(len(task.texts.ids), settings.training)
        trainer = LayersTrainer(
            teacher=task.teacher.model,
            weigh=make(student),
            model=student,
            args=arguments,
            train_dataset=rows,
            data_collator=DataCollatorWithPadding(tokenizer),
            domains=task.texts.domains,
            domain_exponent=0.0 if balanced else None,
        )
        train_quietly(trainer)
    return trainer.finished()
