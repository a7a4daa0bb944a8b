"""What texts of a domain, and answers to them, looked like when a student was made, in bins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.inference.predictor import Prediction, Text

BINS = 10
REFERENCE, SURPRISALS = "reference.json", "surprisals.safetensors"
Floats = NDArray[np.floating]


class Features(NamedTuple):
    """What is watched of a document.

    Attributes:
        length: characters of the text.
        surprisal: mean over its tokens of their surprisal, in bits: how unlike training texts its words are.
        confidence: the probability of the likeliest label.
        label: the likeliest label.
    """

    length: int
    surprisal: float
    confidence: float
    label: str


NUMBERS = Features._fields[:3]


def surprisals(counts: Sequence[int]) -> NDArray[np.float32]:
    r"""Return :math:`-\log_2 \frac{c_v + 1}{\sum_u (c_u + 1)}` of every token v, in bits, from its count in texts.

    Example:
        >>> surprisals([3, 0, 3])[0].item() < surprisals([3, 0, 3])[1].item()
        True
    """
    smooth = np.asarray(counts, dtype=np.float64) + 1
    return np.asarray(-np.log2(smooth / smooth.sum()), dtype=np.float32)


def features(text: Text, prediction: Prediction, labels: Sequence[str], bits: NDArray[np.float32]) -> Features:
    """Return what is watched of a document, by what a student said of it and the ``bits`` of each token."""
    best = int(prediction.probabilities.argmax())
    return Features(
        length=len(text) if isinstance(text, str) else sum(map(len, text)),
        surprisal=float(bits[list(prediction.ids)].mean()),
        confidence=float(prediction.probabilities[best]),
        label=labels[best],
    )


def reference(documents: Sequence[Features], labels: Sequence[str]) -> dict[str, Any]:
    """Return how documents fall into bins: those of numbers are deciles, where these differ.

    Returns:
        ``documents``, and of each number ``edges`` (a value on an edge belongs to the bin above it) and ``counts``; of
        ``label`` the ``counts`` in the order of ``labels``.
    """
    found: dict[str, Any] = {"documents": len(documents), "label": {"counts": label_counts(documents, labels)}}
    for name in NUMBERS:
        values = np.array([getattr(one, name) for one in documents], dtype=np.float64)
        edges = np.unique(np.quantile(values, np.arange(1, BINS) / BINS)) if len(values) else np.zeros(0)
        found[name] = {
            "edges": [round(float(edge), 6) for edge in edges],
            "counts": number_counts(values, edges.round(6)),
        }
    return found


def number_counts(values: Iterable[float], edges: Sequence[float] | Floats) -> list[int]:
    """Return how many values fall into each of the bins that edges part.

    Example:
        >>> number_counts([0.5, 1.0, 7.0], [1.0, 2.0])
        [1, 1, 1]
    """
    places = np.searchsorted(np.asarray(edges, dtype=np.float64), np.fromiter(values, np.float64), side="right")
    return [int(count) for count in np.bincount(places, minlength=len(edges) + 1)]


def label_counts(documents: Iterable[Features], labels: Sequence[str]) -> list[int]:
    """Return how many documents have each label as their likeliest."""
    said = [one.label for one in documents]
    return [said.count(label) for label in labels]


def counts_in(known: Mapping[str, Any], documents: Sequence[Features], labels: Sequence[str]) -> dict[str, list[int]]:
    """Return how documents fall into the bins of a reference, by feature."""
    found = {name: number_counts((getattr(one, name) for one in documents), known[name]["edges"]) for name in NUMBERS}
    return found | {"label": label_counts(documents, labels)}
