"""What a teacher that is not trained any more said of texts, kept by their content, shared and added to."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from cdkd_kg.artifacts import canonical_json, new_folder, sha256_text, sweep, verify
from cdkd_kg.errors import ArtifactError, StaleSignalError
from cdkd_kg.teachers.signals import ARRAYS, TeacherSignal

logger = logging.getLogger(__name__)

Said = dict[str, NDArray[np.floating]]
"""``logits``, ``hidden`` and ``embedding``, and ``weight`` where some texts count less."""


def teacher_key(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, max_length: int, graph_revision: str = ""
) -> str:
    """Return the SHA-256 of all that a teacher's answer depends on, beside the text."""
    return sha256_text(canonical_json([_digest(model), _rules(tokenizer), max_length, graph_revision]))


def _digest(model: PreTrainedModel) -> str:
    """Return the SHA-256 of a model's configuration and of the name, shape and bytes of each of its weights.

    Where it was loaded from is no part of it.
    """
    about = {name: value for name, value in model.config.to_dict().items() if name != "_name_or_path"}
    digest = hashlib.sha256(canonical_json(about).encode())
    for name, value in sorted(model.state_dict().items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _rules(tokenizer: PreTrainedTokenizerBase) -> dict[str, Any]:
    """Return how a tokenizer cuts texts; how it was last told to pad and truncate is no part of that."""
    sides = {"kind": type(tokenizer).__name__, "sides": [tokenizer.padding_side, tokenizer.truncation_side]}
    if not tokenizer.is_fast:
        own = {name: value for name, value in tokenizer.init_kwargs.items() if name != "name_or_path"}
        return sides | {"vocabulary": tokenizer.get_vocab(), "options": own}
    rules: dict[str, Any] = json.loads(tokenizer.backend_tokenizer.to_str())
    return sides | {name: value for name, value in rules.items() if name not in ("padding", "truncation")}


def cached_signal(
    cache: Path,
    teacher: str,
    labels: Sequence[str],
    ids: Sequence[str],
    text_hashes: Sequence[str],
    ask: Callable[[list[int]], Said],
) -> TeacherSignal:
    """Return a teacher's signal of some texts, asking it only about those that it was never asked about.

    What it says is added as a segment that is whole or absent, so that several processes may add at once; a segment
    whose bytes are not what was written is told of, removed, and asked for again. Answers are kept by the text alone:
    an id may change, and a text that has changed is another text. The signal is a copy in memory, in the order of ids,
    whatever the order of segments; save and load it for one that is mapped. A run does not use this cache: in other
    company a text is padded otherwise, and its answer differs in the last bits, so that a result would depend on what
    was asked before.

    Args:
        cache: a folder for all teachers.
        teacher: :func:`teacher_key`, or another digest that changes when its answers would.
        labels: of the columns of the logits. Kept answers are about labels by name, so these may come in another order.
        ids: N distinct document ids; of none, the signal has no row and its states no width.
        text_hashes: SHA-256 of each text.
        ask: given the places of texts that are not known, returns what the teacher says of them, in that order.

    Raises:
        StaleSignalError: another teacher has the same place in the cache, or its answers are about other labels.

    Example:
        >>> from tempfile import mkdtemp
        >>> asked = []
        >>> def ask(places):
        ...     asked.append(places)
        ...     return dict.fromkeys(("logits", "hidden", "embedding"), np.ones((len(places), 2)))
        >>> folder = Path(mkdtemp())
        >>> for count in (2, 3):
        ...     hashes = [sha256_text(text) for text in "abc"[:count]]
        ...     signal = cached_signal(folder, "t" * 64, ["x", "y"], list("abc"[:count]), hashes, ask)
        >>> asked
        [[0, 1], [2]]
    """
    home = cache / teacher[:16]
    home.mkdir(parents=True, exist_ok=True)
    sweep(home)
    known = {text: (segment, row) for segment in _segments(home, teacher) for row, text in enumerate(segment.ids)}
    places: dict[str, int] = {}
    for place, text in enumerate(text_hashes):
        if text not in known:
            places.setdefault(text, place)
    if places:
        fresh = _add(home, teacher, labels, list(places), ask(list(places.values())))
        known |= {text: (fresh, row) for row, text in enumerate(fresh.ids)}
    found = [known[text] for text in text_hashes]
    return TeacherSignal.of(
        teacher=teacher, labels=labels, ids=ids, text_hashes=text_hashes, **_gathered(found, labels, home)
    )


def _gathered(found: Sequence[tuple[TeacherSignal, int]], labels: Sequence[str], home: Path) -> Said:
    """Return the arrays of rows of segments, the columns of the logits in the order of the labels."""
    if not found:
        widths = {"logits": (0, len(labels)), "hidden": (0, 0), "embedding": (0, 0), "weight": (0,)}
        return {name: np.zeros(widths[name], dtype=np.float16) for name in ARRAYS}
    columns = {id(segment): _columns(segment, labels, home) for segment, _ in found}
    arrays = {name: np.stack([getattr(segment, name)[row] for segment, row in found]) for name in ARRAYS[1:]}
    return arrays | {"logits": np.stack([segment.logits[row, columns[id(segment)]] for segment, row in found])}


def _columns(segment: TeacherSignal, labels: Sequence[str], home: Path) -> list[int]:
    """Return the column of each label in a segment."""
    if segment.labels == tuple(labels):
        return list(range(len(labels)))
    if sorted(segment.labels) != sorted(labels) or len(set(labels)) < len(labels):
        raise StaleSignalError(
            "what is kept of a teacher is about other labels",
            where=str(home),
            why=f"kept are answers about {list(segment.labels)}, asked for are {list(labels)}",
            remedy="give a teacher of other labels another key, as teacher_key does",
        )
    return [segment.labels.index(label) for label in labels]


def _segments(home: Path, teacher: str) -> Iterator[TeacherSignal]:
    for folder in sorted(home.glob("segment-*")):
        try:
            verify(folder)
        except ArtifactError as error:
            logger.warning("%s Its texts are asked about again.", error)
            shutil.rmtree(folder, ignore_errors=True)
        else:
            yield TeacherSignal.load(folder, teacher)


def _add(home: Path, teacher: str, labels: Sequence[str], texts: list[str], said: Said) -> TeacherSignal:
    signal = TeacherSignal.of(teacher=teacher, labels=labels, ids=texts, text_hashes=texts, **said)
    with new_folder(home / f"segment-{sha256_text(canonical_json(texts))[:16]}", keep_whole=True) as folder:
        signal.save(folder)
    return signal
