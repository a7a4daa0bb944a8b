"""Texts whose words are labelled, what a teacher says of each word, and batches of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from cdkd_kg.artifacts import sha256_text
from cdkd_kg.config import TaskConfig
from cdkd_kg.distillation.batches import teacher_rows
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.words import WordAnswers, Words, word_tokens

OURS = ("targets", "signal_row", "places")


@dataclass(frozen=True)
class WordSet:
    """N texts as their words, by sorted id, with the label of each word or, where it has none, None.

    Example:
        >>> news = WordSet(["news/1"], [["Ada", "lives", "in", "Paris"]], [["PER", "O", "O", "LOC"]])
        >>> news.targets(TaskConfig(labels=("O", "PER", "LOC")))[0].argmax(axis=1)
        array([1, 0, 0, 2])
    """

    ids: Sequence[str]
    words: Words
    labels: Sequence[Sequence[str | None]]

    def targets(self, task: TaskConfig) -> list[NDArray[np.float32]]:
        """Return ``[W, C]`` of 0 and 1 for each text; rows of -1 are unlabelled words.

        Raises:
            ValueError: as many labels as words are not there, or one is not the task's.
        """
        column = {label: place for place, label in enumerate(task.labels)}
        found = []
        for name, words, labels in zip(self.ids, self.words, self.labels, strict=True):
            wrong = {label for label in labels if label is not None} - column.keys()
            if len(words) != len(labels) or wrong:
                raise ValueError(f"{name}: {len(words)} words with {len(labels)} labels, unknown are {sorted(wrong)}")
            rows = np.zeros((len(words), len(column)), dtype=np.float32)
            for place, label in enumerate(labels):
                rows[place] = -1 if label is None else np.eye(len(column))[column[label]]
            found.append(rows)
        return found

    def labelled(self) -> WordSet:
        """Return the texts that have a labelled word."""
        kept = [place for place, labels in enumerate(self.labels) if any(label is not None for label in labels)]
        return WordSet(
            ids=[self.ids[place] for place in kept],
            words=[self.words[place] for place in kept],
            labels=[self.labels[place] for place in kept],
        )

    def keys(self) -> tuple[list[str], list[str]]:
        """Return the id of every word, in the order of texts and words, and the SHA-256 of its text."""
        ids = [
            f"{name}#{place:06}"
            for name, words in zip(self.ids, self.words, strict=True)
            for place in range(len(words))
        ]
        hashes = [digest for words in self.words for digest in [sha256_text("\n".join(words))] * len(words)]
        return ids, hashes

    def signal(self, answers: WordAnswers, task: TaskConfig, teacher: str) -> TeacherSignal:
        """Return the signal of a teacher that was asked about these words; those it did not read count nothing.

        Args:
            answers: of :func:`~cdkd_kg.teachers.words.predict_words` for ``words``.
            task: the label space.
            teacher: what tells this teacher from others, such as a fingerprint.
        """
        ids, hashes = self.keys()
        return TeacherSignal.of(
            teacher=teacher,
            labels=task.labels,
            ids=ids,
            text_hashes=hashes,
            logits=answers.logits,
            hidden=answers.hidden,
            embedding=answers.hidden,
            weight=answers.read.astype(np.float32),
        )


def word_rows(
    tokenizer: PreTrainedTokenizerBase, words: WordSet, task: TaskConfig, max_length: int, signal: TeacherSignal | None
) -> Dataset:
    """Return tokenised texts with the first token of every word, its targets and its row in the signal."""
    inputs, places = word_tokens(tokenizer, words.words, max_length)
    columns: dict[str, list[Any]] = {"places": places, "targets": [rows.tolist() for rows in words.targets(task)]}
    if signal is not None:
        rows = iter(signal.rows(*words.keys()).tolist())
        columns["signal_row"] = [list(islice(rows, len(one))) for one in words.words]
    return Dataset.from_dict(inputs | columns)


@dataclass(frozen=True)
class WordCollator:
    """Pad texts and line up their R words: where each is, its targets, and the teacher's part of it.

    ``labels`` is how many there are, which texts without a word do not tell.
    """

    tokenizer: PreTrainedTokenizerBase
    signal: TeacherSignal | None
    labels: int

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        """Return model inputs, ``word_row`` and ``word_token`` ``[R]``, ``targets`` ``[R, C]`` and ``teacher_*``."""
        inputs = [{key: value for key, value in row.items() if key not in OURS} for row in rows]
        batch = dict(self.tokenizer.pad(inputs, return_tensors="pt"))
        width, left = batch["input_ids"].shape[1], self.tokenizer.padding_side == "left"
        found = [
            (number, place + (width - len(row["input_ids"])) * left, word)
            for number, row in enumerate(rows)
            for word, place in enumerate(row["places"])
            if place >= 0
        ]
        batch["word_row"], batch["word_token"] = (
            torch.tensor([one[part] for one in found], dtype=torch.long) for part in range(2)
        )
        targets = [rows[number]["targets"][word] for number, _, word in found]
        batch["targets"] = torch.tensor(targets, dtype=torch.float32).reshape(len(found), self.labels)
        if self.signal is not None:
            batch |= teacher_rows(self.signal, [rows[number]["signal_row"][word] for number, _, word in found])
        return batch
