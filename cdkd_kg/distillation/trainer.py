"""DistillationTrainer: ``transformers.Trainer`` with the teacher's signal in the loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from transformers import TrainerCallback

from cdkd_kg.distillation.shared import SharedSubjects
from cdkd_kg.distillation.subject import Subject, parts_of
from cdkd_kg.teachers.resumable import OWN, ResumableTrainer
from cdkd_kg.teachers.same_training import digest, learned_losses
from cdkd_kg.teachers.whole_batch import average_gradients


class DistillationTrainer(ResumableTrainer):
    """A Trainer whose loss is a named sum over hard labels and a cached teacher signal.

    Everything else (mixed precision, schedules) is the Trainer's.
    Where gradients are accumulated, a loss that is a mean over rows is the mean over the rows of the whole step. Losses
    over relations (of documents, and ``contrastive``) see the pairs within each batch alone, as does the own loss of a
    teacher that learns along (:class:`~cdkd_kg.distillation.joint.JointTrainer`).
    Losses stay on the device and are averaged into the log every ``logging_steps``. A step waits for the device all the
    same: ``hard_label`` to know how many rows are labelled, and each loss that looks at the teacher to refuse numbers
    that are not finite.

    In several processes each computes the losses of the whole batch, so that the student is that of one process to the
    rounding of sums. Losses that compare tokens then send the states of all tokens to all processes.

    Projections in the losses are not part of the model: the Trainer does not clip their gradients (``max_grad_norm`` is
    about the student alone). They are averaged over processes here, which leaves them alike to the last bit.

    Args:
        subject: what is learned, of one task or of several.
        **options: as for ``transformers.Trainer``; the collator is a :class:`DistillationCollator`.
    """

    def __init__(self, *, subject: Subject | SharedSubjects, **options: Any) -> None:
        super().__init__(**options)
        self.subject, self.losses = subject, subject.losses
        self._losses_start = digest(learned_losses(self.losses))
        subject.to(self.args.device)
        self.add_callback(_TendsGradients(self.parameters_beside))
        self._sums: dict[str, Tensor] = {}
        self._counts: Counter[str] = Counter()

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> tuple[list[Any], Any]:
        """Read the batches of a step, and tell each of several what part of the step it is."""
        batches, items = super().get_batch_samples(epoch_iterator, num_batches, device)
        if len(batches) > 1:  # one is the whole step, and nothing is multiplied, to the last bit
            self.subject.tell_shares(batches, [batch.get(OWN) for batch in batches])
        return batches, items

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the weighted sum of the losses of a batch."""
        del num_items_in_batch
        learned = self.subject.learn(model, inputs, self.own_rows(inputs), self.taught)
        self._remember(learned.parts)
        return (learned.loss, learned.output) if return_outputs else learned.loss

    def taught(
        self, hidden: Tensor, targets: Tensor, teacher: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], Tensor | None]:
        """Return what the teacher says of a batch, and a loss of its own where it learns too; a cached one does not.

        Shapes: ``hidden`` is ``[B, H]``, the student's; ``targets`` is ``[B, C]``.
        """
        del hidden, targets
        return teacher, None

    def parameters_beside(self) -> list[Parameter]:
        """Return what is trained beside the model."""
        return list(self.losses.parameters())

    def learns_from(self) -> dict[str, Any]:
        """Add the losses as they are at the start, and who teaches."""
        teachers = {"the teacher's signal": self.data_collator, "who teaches beside it": self.subject.beside()}
        return super().learns_from() | {"losses": self._losses_start} | teachers

    def extra_state(self) -> dict[str, Tensor]:
        """Return the losses' projections."""
        return {f"losses.{name}": value for name, value in self.losses.state_dict().items()}

    def load_extra_state(self, state: dict[str, Tensor]) -> None:
        """Take back the losses' projections."""
        self.losses.load_state_dict(parts_of(state, "losses."))

    def create_optimizer(self, *arguments: Any, **options: Any) -> torch.optim.Optimizer:
        """Add the losses' own parameters (projections) to the optimiser."""
        fresh = self.optimizer is None
        optimizer = super().create_optimizer(*arguments, **options)
        extra = list(self.losses.parameters())
        if fresh and extra:
            optimizer.add_param_group({"params": extra, "weight_decay": 0.0})
        return optimizer

    def log(self, logs: dict[str, float], *arguments: Any, **options: Any) -> None:
        """Log the mean of each loss since the last time, beside what the Trainer logs."""
        if "loss" in logs and self._counts:
            logs |= {f"loss_{name}": round(float(value) / self._counts[name], 5) for name, value in self._sums.items()}
            self._sums, self._counts = {}, Counter()
        super().log(logs, *arguments, **options)

    def _remember(self, parts: dict[str, Tensor]) -> None:
        for name, part in parts.items():
            self._sums[name] = self._sums.get(name, torch.zeros_like(part)) + part
        self._counts.update(parts.keys())


class _TendsGradients(TrainerCallback):  # type: ignore[misc]
    """The Trainer averages and clears the gradients of its model alone, and the optimiser has parameters beside it."""

    def __init__(self, beside: Callable[[], list[Parameter]]) -> None:
        self._beside = beside

    def on_pre_optimizer_step(self, *arguments: Any, **options: Any) -> None:
        del arguments, options
        average_gradients(self._beside())

    def on_step_end(self, *arguments: Any, **options: Any) -> None:
        del arguments
        options["optimizer"].zero_grad()
