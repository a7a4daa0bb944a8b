"""The text teacher: a BERT-type classifier fine-tuned on the labels of the source domains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr
from torch.nn import functional as F
from transformers import DataCollatorWithPadding, PreTrainedModel, PreTrainedTokenizerBase, set_seed

from cdkd_kg.config import TaskConfig, TextTeacherConfig
from cdkd_kg.errors import TrainingError
from cdkd_kg.processes import world_size
from cdkd_kg.teachers.models import load_classifier, load_tokenizer
from cdkd_kg.teachers.resumable import OWN, ResumableTrainer
from cdkd_kg.teachers.step_shares import SHARES, own_sizes, shares_of, tell_shares
from cdkd_kg.teachers.tracking import Tracking, tracked
from cdkd_kg.teachers.training import (
    need_rows,
    tokenised,
    train_quietly,
    training_arguments,
    training_labels,
    workspace,
)
from cdkd_kg.teachers.whole_batch import whole

UNLIKELY = 0.05
EPSILON = 1e-9
"""What a product of fractions may fall short of the whole number that it is."""


@dataclass(frozen=True)
class TextTeacher:
    """A fine-tuned classifier with its tokenizer and the losses of its training."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    curve: list[dict[str, float]]

    def save(self, folder: Path) -> None:
        """Write a plain Hugging Face folder."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    @classmethod
    def load(cls, folder: Path, task: TaskConfig) -> TextTeacher:
        """Read what :meth:`save` wrote; how it was trained is not in there."""
        model = load_classifier(folder, task.labels, task.multi_label, task.regression)
        return cls(model, load_tokenizer(folder), [])


class ClassifierTrainer(ResumableTrainer):
    """Trains a classifier on the mean loss over the rows of a step, of all its batches and processes together."""

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> tuple[list[Any], Any]:
        """Read the batches of a step, and tell each of several what part of the step it is."""
        batches, items = super().get_batch_samples(epoch_iterator, num_batches, device)
        if len(batches) > 1:
            tell_shares(batches, shares_of(own_sizes(batches, [batch.get(OWN) for batch in batches])))
        return batches, items

    def compute_loss(self, model: Any, inputs: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        """Return the loss of a batch, times its share of a step of several."""
        share = inputs.pop(SHARES, None)
        loss = self._mean_loss(model, inputs, *arguments, **options)
        return loss if share is None else loss * share[0]

    def _mean_loss(self, model: Any, inputs: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        if world_size() == 1:
            return super().compute_loss(model, inputs, *arguments, **options)
        own, labels = self.own_rows(inputs), inputs.pop("labels")
        rows = len(labels) if own is None else own
        logits, labels = whole(model(**inputs).logits, rows), whole(labels, rows)
        match self.accelerator.unwrap_model(model).config.problem_type:
            case "multi_label_classification":
                return F.binary_cross_entropy_with_logits(logits, labels)
            case "regression":
                return F.mse_loss(logits[:, 0], labels)
        return F.cross_entropy(logits, labels)


def train_text_teacher(
    texts: Sequence[str],
    targets: NDArray[np.float32],
    task: TaskConfig,
    config: TextTeacherConfig,
    seed: int,
    folder: Path | None = None,
    tracking: Tracking | None = None,
) -> TextTeacher:
    """Fine-tune ``config.model`` on labelled texts.

    Args:
        texts: N labelled texts.
        targets: ``[N, C]`` of 0 and 1, or values, columns in the order of ``task.labels``.
        task: the label space.
        config: model, length and training options.
        seed: decides the new head, dropout and the order of the data.
        folder: where checkpoints are kept while it trains, so that it can be resumed.
        tracking: who is told how it goes.

    Raises:
        ConfigError: the folder has checkpoints of another training.
        DataRefusedError: there is no text.
        TrainingError: a logged loss is not finite.
    """
    need_rows(len(texts), "text teacher")
    set_seed(seed)
    tokenizer = load_tokenizer(config.model)
    model = load_classifier(config.model, task.labels, task.multi_label, task.regression)
    rows = tokenised(tokenizer, texts, config.max_length, labels=training_labels(targets, task))
    with workspace(folder) as scratch, tracked(tracking) as callbacks:
        trainer = ClassifierTrainer(
            model=model,
            args=training_arguments(config.training, seed, scratch),
            train_dataset=rows,
            data_collator=DataCollatorWithPadding(tokenizer),
            callbacks=callbacks,
            layerwise_lr_decay=config.training.layerwise_lr_decay,
            fsdp=config.training.fsdp,
        )
        curve = train_quietly(trainer)
    return TextTeacher(trainer.finished(), tokenizer, curve)


def refuse_worse_than_chance(
    logits: NDArray[np.floating], targets: NDArray[np.float32], multi_label: bool, where: str
) -> float | None:
    r"""Return the balanced accuracy on source validation, and refuse a teacher clearly below chance.

    It is the mean recall of the C classes that occur, with chance 1/C; where labels are independent, the mean over
    labels of the mean recall of "yes" and "no", with chance 1/2. Distilling a teacher below chance would only
    spread its mistakes. Clearly is a one-sided exact binomial test at 5 %: so few right answers would come of
    guessing less than once in twenty times. With :math:`n_c` rows of class c, the mean recall r is as sure as that of

    .. math:: n = C^2 / \sum_c n_c^{-1}

    rows in equal classes, of which r n are right; the labels of one row count as one row. So a handful of rows never
    refuses a teacher, and without any there is nothing to judge by: the answer is None.
    """
    if len(targets) == 0:
        return None
    if multi_label:
        judged = [_mean_recall(z > 0, y > 0) for z, y in zip(logits.T, targets.T, strict=True)]
        recall, rows = (float(value) for value in np.mean(judged, axis=0))
        chance = 0.5
    else:
        recall, rows = _mean_recall(logits.argmax(axis=1), targets.argmax(axis=1))
        chance = 1 / len(np.unique(targets.argmax(axis=1)))
    if chance < 1 and recall < chance and _luck(recall, rows, chance) < UNLIKELY:
        raise TrainingError(
            "the text teacher is worse than chance on source validation",
            where=where,
            why=f"balanced accuracy {recall:.3f}, chance is {chance:.3f}",
            remedy="train it longer, give it more labels (corpus.labels_per_class), or correct the labels",
        )
    return recall


def _mean_recall(said: NDArray[np.generic], truth: NDArray[np.generic]) -> tuple[float, float]:
    """Return the mean recall of the classes, and how many rows in equal classes would be as sure of it."""
    labels, counts = np.unique(truth, return_counts=True)
    recall = float(np.mean([(said[truth == label] == label).mean() for label in labels]))
    return recall, float(len(labels) ** 2 / (1 / counts).sum())


def _luck(recall: float, rows: float, chance: float) -> float:
    """Return how likely guessing is to be right in no more than ``recall`` of so many rows."""
    whole = math.floor(rows + EPSILON)
    return float(bdtr(math.floor(recall * whole + EPSILON), whole, chance))
