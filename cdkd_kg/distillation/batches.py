"""Rows for the student, and the collator that joins each with what the teacher said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from cdkd_kg.distillation.mentions import covered_tokens, linked_mentions
from cdkd_kg.teachers.entity_signal import EntitySignal
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.training import tokenised

TEACHER = ("logits", "hidden", "embedding", "weight")
OURS = ("targets", "signal_row", "mentions")
"""Columns that are not the model's."""


def student_rows(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    targets: NDArray[np.float32],
    max_length: int,
    signal_rows: Sequence[int] | None = None,
    entities: EntitySignal | None = None,
) -> Dataset:
    """Return tokenised rows with their targets and, where there is a teacher, their row in its signal.

    With ``entities`` each row has the tokens that its linked mentions cover, too.

    Shapes: ``targets`` is ``[N, C]`` of 0 and 1, with rows of -1 for unlabelled texts.
    """
    columns: dict[str, Sequence[Any]] = {"targets": targets.tolist()}
    if signal_rows is not None:
        columns["signal_row"] = [int(row) for row in signal_rows]
        if entities is not None:
            columns["mentions"] = covered_tokens(tokenizer, texts, max_length, entities, signal_rows)
    return tokenised(tokenizer, texts, max_length, **columns)


@dataclass(frozen=True)
class DistillationCollator:
    """Pad a batch and look up the teacher's part of it; ``signal`` is None for a student without a teacher."""

    tokenizer: PreTrainedTokenizerBase
    signal: TeacherSignal | None
    entities: EntitySignal | None = None

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        """Return model inputs, ``targets``, ``teacher_*`` and ``mention_*`` tensors of a batch."""
        targets = torch.tensor([row["targets"] for row in rows], dtype=torch.float32)
        inputs = [{key: value for key, value in row.items() if key not in OURS} for row in rows]
        batch = dict(self.tokenizer.pad(inputs, return_tensors="pt")) | {"targets": targets}
        if self.signal is not None:
            batch |= self.taught([row["signal_row"] for row in rows])
        if self.entities is not None:
            lengths, width = [len(row["input_ids"]) for row in rows], batch["input_ids"].shape[1]
            covered, side = [row["mentions"] for row in rows], self.tokenizer.padding_side
            found = linked_mentions(covered, lengths, width, side, self.entities)
            batch |= {f"mention_{name}": value for name, value in found.items()}
        return batch

    def taught(self, places: list[int]) -> dict[str, Tensor]:
        """Return what the teacher said of the texts in these rows of the signal: its cache is read here alone."""
        return {} if self.signal is None else teacher_rows(self.signal, places)


def teacher_rows(signal: TeacherSignal, places: list[int]) -> dict[str, Tensor]:
    """Return what a teacher says of some rows, as ``teacher_*`` tensors of a batch."""
    said = {f"teacher_{name}": torch.from_numpy(getattr(signal, name)[places].astype(np.float32)) for name in TEACHER}
    return said | {"teacher_row": torch.tensor(places)}
