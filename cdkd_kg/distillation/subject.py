"""One task as its student learns it: from a batch to what the losses look at, and to their sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedModel

from cdkd_kg.distillation.losses.batch import LinkedMentions, LossBatch, labelled_rows
from cdkd_kg.distillation.losses.combine import CombinedLoss
from cdkd_kg.distillation.losses.shares import StepShares
from cdkd_kg.distillation.tokens import TokenReader, TokenTeacher
from cdkd_kg.distillation.whole_tokens import whole_mentions, whole_tokens
from cdkd_kg.teachers.models import pooled
from cdkd_kg.teachers.step_shares import SHARES, shares_of, tell_shares
from cdkd_kg.teachers.whole_batch import whole

APART = ("targets", SHARES)
OURS = ("teacher_", "mention_", "word_")
"""Names of tensors that are not the model's, and how others begin."""
Tensors = dict[str, Tensor]
Taught = Callable[[Tensor, Tensor, Tensors], tuple[Tensors, Tensor | None]]
"""From hidden states, targets and the cached teacher to what is taught, and a loss of the teacher's own."""


class Learned(NamedTuple):
    """The loss of a batch, each part of it before its weight, and the model's output."""

    loss: Tensor
    parts: Tensors
    output: Any


class Answers(NamedTuple):
    """The student's logits ``[R, C]`` and hidden states ``[R, H]``."""

    logits: Tensor
    hidden: Tensor


class Subject:
    """The losses of one task, and how they come to see a batch.

    Args:
        model: the student; its tokens are watched where a loss compares them.
        losses: the losses and their weights; projections in them are trained along, and not saved.
        multi_label: whether labels are independent.
        regression: whether there are values in place of labels.
        token_teacher: reads each batch again, for losses that compare tokens.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        losses: CombinedLoss,
        *,
        multi_label: bool = False,
        regression: bool = False,
        token_teacher: TokenTeacher | None = None,
    ) -> None:
        self.losses, self.multi_label, self.regression = losses, multi_label, regression
        self.token_teacher = token_teacher
        self._reader = TokenReader(model, attention=token_teacher is not None and token_teacher.attention)

    def to(self, device: Any) -> None:
        """Move losses and teacher to a device."""
        self.losses.to(device)
        if self.token_teacher is not None:
            self.token_teacher.model.to(device)

    def beside(self) -> list[Any]:
        """Return what is learned beside rows and signal: the kind of labels, and who reads the tokens."""
        reads = None if self.token_teacher is None else self.token_teacher.model.state_dict()
        return [self.multi_label, self.regression, reads]

    def answers(self, output: Any, inputs: Tensors) -> Answers:
        """Return what the student says of each document."""
        return Answers(output.logits, pooled(output.hidden_states[-1], inputs["attention_mask"]))

    def rows(self, inputs: Tensors, texts: int) -> int:
        """Return how many of these answers are about the first ``texts`` texts."""
        del inputs
        return texts

    def sizes(self, inputs: Tensors, own: int | None) -> Tensor:
        """Return what the losses of a batch are means over, in the order of :class:`StepShares`: ``[4]``."""
        rows = self.rows(inputs, len(inputs["input_ids"]) if own is None else own)
        targets = inputs["targets"][:rows]
        weight = inputs["teacher_weight"][:rows] if "teacher_weight" in inputs else torch.ones_like(targets[:, 0])
        linked = inputs.get("mention_rows", torch.zeros(0, dtype=torch.long, device=weight.device))
        counts = len(targets), labelled_rows(targets, self.regression).sum()
        sums = weight.sum(), weight[linked[linked < rows]].sum()
        return torch.stack([torch.as_tensor(one, dtype=weight.dtype, device=weight.device) for one in (*counts, *sums)])

    def tell_shares(self, batches: Sequence[Tensors], own: Sequence[int | None]) -> None:
        """Let each of the batches of one step know what part of it they are; ``own`` as for :meth:`learn`."""
        sizes = [self.sizes(batch, mine) for batch, mine in zip(batches, own, strict=True)]
        tell_shares(batches, shares_of(torch.stack(sizes)))

    def learn(self, model: Any, inputs: Tensors, own: int | None, taught: Taught) -> Learned:
        """Return what there is to learn from a batch, of all processes.

        Args:
            model: the student, however it is wrapped.
            inputs: of a collator: the model's, ``targets``, ``teacher_*`` and ``mention_*``.
            own: how many texts of the batch are this process's; None is all of them.
            taught: what the teacher says of the batch.
        """
        texts = len(inputs["input_ids"]) if own is None else own
        ours = {name: inputs[name] for name in inputs if name in APART or name.startswith(OURS)}
        theirs = {name: value for name, value in inputs.items() if name not in ours}
        output = model(**theirs, output_hidden_states=True)
        (logits, hidden), rows = self.answers(output, inputs), self.rows(inputs, texts)
        hidden, targets = whole(hidden, rows), whole(ours["targets"], rows)
        told = {name: whole(value, rows) for name, value in parts_of(ours, "teacher_").items()}
        teacher, teacher_loss = taught(hidden, targets, told)
        mentions, tokens = parts_of(ours, "mention_"), None
        if self.token_teacher is not None or mentions:
            tokens = whole_tokens(self._reader.states(output, inputs["attention_mask"]), texts)
        loss, parts = self.losses(
            LossBatch(
                student_logits=whole(logits, rows),
                student_hidden=hidden,
                targets=targets,
                teacher_logits=teacher.get("logits"),
                teacher_hidden=teacher.get("hidden"),
                teacher_embedding=teacher.get("embedding"),
                weight=teacher.get("weight"),
                multi_label=self.multi_label,
                regression=self.regression,
                student_tokens=tokens,
                teacher_tokens=None if self.token_teacher is None else whole_tokens(self.token_teacher(theirs), texts),
                mentions=whole_mentions(LinkedMentions(**mentions), texts, len(logits)) if mentions else None,
                shares=StepShares(*ours[SHARES]) if SHARES in ours else None,
            )
        )
        if teacher_loss is not None:
            loss, parts = loss + teacher_loss, parts | {"teacher": teacher_loss.detach()}
        return Learned(loss, parts, output)


def parts_of(inputs: Tensors, prefix: str) -> Tensors:
    """Return the tensors whose names begin so, without that beginning."""
    return {name.removeprefix(prefix): value for name, value in inputs.items() if name.startswith(prefix)}
