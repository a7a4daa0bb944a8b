"""DistillationTrainer: ``transformers.Trainer`` with the teacher's signal in the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from transformers import TrainerCallback

from cdkd_kg.distillation.losses.batch import LinkedMentions, LossBatch
from cdkd_kg.distillation.losses.combine import CombinedLoss
from cdkd_kg.distillation.tokens import TokenReader, TokenTeacher
from cdkd_kg.distillation.whole_tokens import whole_mentions, whole_tokens
from cdkd_kg.teachers.models import pooled
from cdkd_kg.teachers.resumable import ResumableTrainer
from cdkd_kg.teachers.whole_batch import average_gradients, whole


class DistillationTrainer(ResumableTrainer):
    """A Trainer whose loss is a named sum over hard labels and a cached teacher signal.

    Everything else (mixed precision, accumulation, schedules) is the Trainer's.
    Losses stay on the device and are averaged into the log every ``logging_steps``.

    In several processes each computes the losses of the whole batch, so that the student is that of one process to the
    rounding of sums. Losses that compare tokens then send the states of all tokens to all processes.

    Projections in the losses are not part of the model: the Trainer does not clip their gradients (``max_grad_norm`` is
    about the student alone). They are averaged over processes here, which leaves them alike to the last bit.

    Args:
        losses: the losses and their weights; projections in them are trained along, and not saved.
        multi_label: whether labels are independent.
        token_teacher: reads each batch again, for losses that compare tokens.
        **options: as for ``transformers.Trainer``; the collator is a :class:`DistillationCollator`.
    """

    def __init__(
        self, *, losses: CombinedLoss, multi_label: bool, token_teacher: TokenTeacher | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.losses, self.multi_label = losses.to(self.args.device), multi_label
        self.add_callback(_TendsGradients(self.parameters_beside))
        self.token_teacher = token_teacher
        if token_teacher is not None:
            token_teacher.model.to(self.args.device)
        self._reader = TokenReader(self.model, attention=token_teacher is not None and token_teacher.attention)
        self._sums: dict[str, Tensor] = {}
        self._steps = 0

    def compute_loss(
        self, model: Any, inputs: dict[str, Tensor], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the weighted sum of the losses of a batch."""
        del num_items_in_batch
        rows = self.own_rows(inputs)
        ours = {name: inputs[name] for name in inputs if name == "targets" or name.startswith(("teacher_", "mention_"))}
        theirs = {name: value for name, value in inputs.items() if name not in ours}
        mentions = _parts(ours, "mention_")
        output = model(**theirs, output_hidden_states=True)
        hidden = whole(pooled(output.hidden_states[-1], inputs["attention_mask"]), rows)
        targets = whole(ours.pop("targets"), rows)
        told = {name: whole(value, rows) for name, value in _parts(ours, "teacher_").items()}
        teacher, teacher_loss = self.taught(hidden, targets, told)
        tokens = None
        if self.token_teacher is not None or mentions:
            tokens = whole_tokens(self._reader.states(output, inputs["attention_mask"]), rows)
        batch = LossBatch(
            student_logits=whole(output.logits, rows),
            student_hidden=hidden,
            targets=targets,
            teacher_logits=teacher.get("logits"),
            teacher_hidden=teacher.get("hidden"),
            teacher_embedding=teacher.get("embedding"),
            weight=teacher.get("weight"),
            multi_label=self.multi_label,
            student_tokens=tokens,
            teacher_tokens=None if self.token_teacher is None else whole_tokens(self.token_teacher(theirs), rows),
            mentions=whole_mentions(LinkedMentions(**mentions), rows, len(output.logits)) if mentions else None,
        )
        loss, parts = self.losses(batch)
        if teacher_loss is not None:
            loss, parts = loss + teacher_loss, parts | {"teacher": teacher_loss.detach()}
        self._remember(parts)
        return (loss, output) if return_outputs else loss

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

    def extra_state(self) -> dict[str, Tensor]:
        """Return the losses' projections."""
        return {f"losses.{name}": value for name, value in self.losses.state_dict().items()}

    def load_extra_state(self, state: dict[str, Tensor]) -> None:
        """Take back the losses' projections."""
        self.losses.load_state_dict(_parts(state, "losses."))

    def create_optimizer(self, *arguments: Any, **options: Any) -> torch.optim.Optimizer:
        """Add the losses' own parameters (projections) to the optimiser."""
        fresh = self.optimizer is None
        optimizer: torch.optim.Optimizer = super().create_optimizer(*arguments, **options)
        extra = list(self.losses.parameters())
        if fresh and extra:
            optimizer.add_param_group({"params": extra, "weight_decay": 0.0})
        return optimizer

    def log(self, logs: dict[str, float], *arguments: Any, **options: Any) -> None:
        """Log the mean of each loss since the last time, beside what the Trainer logs."""
        if "loss" in logs and self._steps:
            logs |= {f"loss_{name}": round(float(value) / self._steps, 5) for name, value in self._sums.items()}
            self._sums, self._steps = {}, 0
        super().log(logs, *arguments, **options)

    def _remember(self, parts: dict[str, Tensor]) -> None:
        for name, part in parts.items():
            self._sums[name] = self._sums.get(name, torch.zeros_like(part)) + part
        self._steps += 1


def _parts(inputs: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in inputs.items() if name.startswith(prefix)}


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
