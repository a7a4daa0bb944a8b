"""DistillationTrainer: ``transformers.Trainer`` with the teacher's signal in the loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import TrainerCallback

from cdkd_kg.distillation.losses.batch import LinkedMentions, LossBatch
from cdkd_kg.distillation.losses.combine import CombinedLoss
from cdkd_kg.distillation.tokens import TokenReader, TokenTeacher
from cdkd_kg.teachers.models import pooled
from cdkd_kg.teachers.resumable import ResumableTrainer


class DistillationTrainer(ResumableTrainer):
    """A Trainer whose loss is a named sum over hard labels and a cached teacher signal.

    Everything else (mixed precision, accumulation, schedules) is the Trainer's.
    Losses stay on the device and are averaged into the log every ``logging_steps``.

    Train in one process. Projections in the losses are not part of the model: the Trainer does not clip their
    gradients (``max_grad_norm`` is about the student alone), and with several processes (DDP, FSDP, DeepSpeed) it
    would not average them either, so that each process would drift to projections of its own.

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
        # Our losses are means over the batch, so the Trainer must divide by the accumulation steps itself.
        self.model_accepts_loss_kwargs = False
        self.losses, self.multi_label = losses.to(self.args.device), multi_label
        self.add_callback(_ClearsGradients())
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
        ours = {name: inputs[name] for name in inputs if name == "targets" or name.startswith(("teacher_", "mention_"))}
        theirs = {name: value for name, value in inputs.items() if name not in ours}
        mentions = _parts(ours, "mention_")
        output = model(**theirs, output_hidden_states=True)
        hidden, targets = pooled(output.hidden_states[-1], inputs["attention_mask"]), ours.pop("targets")
        teacher, teacher_loss = self.taught(hidden, targets, _parts(ours, "teacher_"))
        batch = LossBatch(
            student_logits=output.logits,
            student_hidden=hidden,
            targets=targets,
            teacher_logits=teacher.get("logits"),
            teacher_hidden=teacher.get("hidden"),
            teacher_embedding=teacher.get("embedding"),
            weight=teacher.get("weight"),
            multi_label=self.multi_label,
            student_tokens=self._reader.states(output, inputs["attention_mask"]),
            teacher_tokens=None if self.token_teacher is None else self.token_teacher(theirs),
            mentions=LinkedMentions(**mentions) if mentions else None,
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

    def extra_state(self) -> dict[str, Tensor]:
        """Return the losses' projections."""
        return {f"losses.{name}": value for name, value in self.losses.state_dict().items()}

    def load_extra_state(self, state: dict[str, Tensor]) -> None:
        """Take back the losses' projections."""
        self.losses.load_state_dict(_parts(state, "losses."))

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


class _ClearsGradients(TrainerCallback):  # type: ignore[misc]
    """The Trainer clears the gradients of its model alone, and the optimiser has parameters beside it."""

    def on_step_end(self, *arguments: Any, **options: Any) -> None:
        del arguments
        options["optimizer"].zero_grad()
