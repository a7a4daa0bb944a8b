"""TeacherSignal: what a teacher says of every document, cached by content and memory-mapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file

from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.errors import ArtifactError, StaleSignalError, TrainingError
from cdkd_kg.teachers.mapped import mapped

TENSORS, KEYS = "signal.safetensors", "signal.json"
ARRAYS = ("logits", "hidden", "embedding", "weight")
_LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class TeacherSignal:
    """Logits and geometry of N documents, as one teacher sees them.

    Attributes:
        teacher: fingerprint of the teacher (weights, tokenizer, length, graph revision).
        labels: the C label names, in the order of the columns of ``logits``.
        ids: N document ids, sorted.
        text_hashes: SHA-256 of each document's text.
        logits: ``[N, C]`` float16; calibrated, so that ``softmax(logits)`` is a probability to believe.
        hidden: ``[N, H]`` float16; the text teacher's pooled last hidden state.
        embedding: ``[N, E]`` float16; the geometry that document relations are matched against.
        weight: ``[N]`` float16 in [0, 1]; how much a document's signal counts.
    """

    teacher: str
    labels: tuple[str, ...]
    ids: tuple[str, ...]
    text_hashes: tuple[str, ...]
    logits: NDArray[np.float16]
    hidden: NDArray[np.float16]
    embedding: NDArray[np.float16]
    weight: NDArray[np.float16]

    def __post_init__(self) -> None:
        if list(self.ids) != sorted(set(self.ids)):
            raise ValueError("the ids of a TeacherSignal are sorted and distinct")
        for name in ARRAYS:
            _need_sound(name, getattr(self, name), self.ids)
        if self.logits.shape[1] != len(self.labels):
            raise ValueError(f"logits have {self.logits.shape[1]} columns for {len(self.labels)} labels")

    @classmethod
    def of(
        cls,
        *,
        teacher: str,
        labels: Sequence[str],
        ids: Sequence[str],
        text_hashes: Sequence[str],
        logits: NDArray[np.floating],
        hidden: NDArray[np.floating],
        embedding: NDArray[np.floating],
        weight: NDArray[np.floating] | None = None,
    ) -> TeacherSignal:
        """Make a signal from float arrays in any order of documents; values are held to float16's range.

        Raises:
            TrainingError: a value is not finite, or a weight lies outside of [0, 1].
            ValueError: an array is of another shape than the class says.
        """
        arrays: dict[str, NDArray[np.floating]] = {
            "logits": np.asarray(logits),
            "hidden": np.asarray(hidden),
            "embedding": np.asarray(embedding),
            "weight": np.ones(len(ids)) if weight is None else np.asarray(weight),
        }
        for name, values in arrays.items():
            _need_sound(name, values, ids)
        order = sorted(range(len(ids)), key=ids.__getitem__)
        return cls(
            teacher=teacher,
            labels=tuple(labels),
            ids=tuple(ids[index] for index in order),
            text_hashes=tuple(text_hashes[index] for index in order),
            **{name: _half(values, order) for name, values in arrays.items()},
        )

    def save(self, folder: Path) -> None:
        """Write the signal into a folder of :func:`cdkd_kg.artifacts.new_folder`."""
        save_file({name: np.ascontiguousarray(getattr(self, name)) for name in ARRAYS}, folder / TENSORS)
        keys = {"teacher": self.teacher, "labels": self.labels, "ids": self.ids, "text_hashes": self.text_hashes}
        write_json(folder / KEYS, keys)

    @classmethod
    def load(cls, folder: Path, teacher: str | None = None) -> TeacherSignal:
        """Read a signal; its arrays are mapped from the file.

        Raises:
            StaleSignalError: it was made by another teacher than ``teacher``.
            ArtifactError: it is missing or broken.
        """
        keys = read_json(folder / KEYS)
        if teacher is not None and keys["teacher"] != teacher:
            raise StaleSignalError(
                "this signal comes from another teacher",
                where=str(folder),
                why=f"it was made by {keys['teacher'][:12]}, asked for is {teacher[:12]}",
                remedy="run the teacher stage again",
            )
        try:
            arrays = mapped(folder / TENSORS)
        except (OSError, SafetensorError) as error:
            raise ArtifactError(
                "a teacher signal cannot be read", where=str(folder / TENSORS), why=str(error)
            ) from error
        return cls(
            teacher=keys["teacher"],
            labels=tuple(keys["labels"]),
            ids=tuple(keys["ids"]),
            text_hashes=tuple(keys["text_hashes"]),
            **{name: arrays[name] for name in ARRAYS},
        )

    def rows(self, ids: Sequence[str], text_hashes: Sequence[str]) -> NDArray[np.int64]:
        """Return the row of each document.

        Raises:
            StaleSignalError: a document is not in the signal, or its text has changed since.
        """
        places = {name: row for row, name in enumerate(self.ids)}
        found = np.empty(len(ids), dtype=np.int64)
        for position, (name, text_hash) in enumerate(zip(ids, text_hashes, strict=True)):
            row = places.get(name)
            if row is None or self.text_hashes[row] != text_hash:
                why = "the teacher has not seen it" if row is None else "its text has changed since the teacher saw it"
                raise StaleSignalError(
                    "no teacher signal for a document", where=name, why=why, remedy="run the teacher stage again"
                )
            found[position] = row
        return found


def _need_sound(name: str, values: NDArray[np.floating], ids: Sequence[str]) -> None:
    """Refuse an array of another shape, whose values would broadcast, and values that would spoil a loss."""
    dimensions = 1 if name == "weight" else 2
    if values.ndim != dimensions:
        raise ValueError(f"{name} has {values.ndim} dimensions and needs {dimensions}, its shape is {values.shape}")
    if len(values) != len(ids):
        raise ValueError(f"{name} has {len(values)} rows for {len(ids)} documents")
    bad = ~np.isfinite(values).reshape(len(values), -1).all(axis=1) if len(values) else np.zeros(0, bool)
    if bad.any():
        first = ids[int(bad.argmax())]
        raise TrainingError(f"the teacher's {name} are not finite", where=first, why="NaN or infinity")
    outside = (values < 0) | (values > 1) if name == "weight" else bad
    if outside.any():
        row = int(outside.argmax())
        raise TrainingError(
            "the weight of a document lies outside of [0, 1]",
            where=ids[row],
            why=f"it is {float(values[row]):g}",
            remedy="divide the weights by the largest",
        )


def _half(values: NDArray[np.floating], order: Sequence[int]) -> NDArray[np.float16]:
    held: NDArray[np.float32] = np.clip(values[list(order)], -_LARGEST, _LARGEST).astype(np.float32)
    return held.astype(np.float16)
