"""How likely each candidate is meant: a conditional logit with "none of them" beside the candidates."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.entities.linking.aliases import FORMS, PARTS, WHOLE
from cdkd_kg.entities.linking.candidates import Candidate
from cdkd_kg.entities.linking.facts import TYPE
from cdkd_kg.entities.linking.names import fold
from cdkd_kg.errors import ArtifactError

FEATURES = (
    *FORMS, "part_similarity", "trigram_similarity", "words_of_whole", "words_of_part", "log_prior", "alternative",
    "hidden", "type_fit", "context", "coherence", "case",
)  # fmt: skip
DEFAULT = (1.5, 1.4, 0.9, 1.3, -1.9, -3.6, -5.5, 5.2, 6.8, 2.0, 1.3, 0.9, -0.3, -1.0, 0.3, 2.6, 0.3, 2.4)
"""Weights of a model that has seen no judged mention: rounded from fits on news; those of lesser names are set."""
UNKNOWN = 0.7
"""Probability that a mention without a candidate is new, where no judged mention says otherwise."""
_NO_ENTITY = frozenset({"", "TERM", "CONCEPT"})
"""Types of mentions that say nothing of what the thing is."""
_CLEAR_FIT = 2.0

Number = TypeVar("Number", int, float)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LinkModel:
    r"""Weights of the features, and counts of what was meant.

    .. math:: p(c) = \frac{e^{w \cdot x_c}}{1 + \sum_{c'} e^{w \cdot x_{c'}}}, \qquad
        p(\mathrm{NIL}) = \frac{1}{1 + \sum_{c'} e^{w \cdot x_{c'}}}

    Source: McFadden, Conditional logit analysis of qualitative choice behavior, 1974; NIL is the outside option.

    Attributes:
        weights: ``[F]``, in the order of :data:`FEATURES`.
        unknown: probability that a mention without any candidate is new to the vocabulary.
        meant: casefolded anchor -> IRI -> how often it meant that.
        type_fit: class -> mention type -> log ratio.
    """

    weights: tuple[float, ...] = DEFAULT
    unknown: float = UNKNOWN
    meant: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    type_fit: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def probabilities(self, candidates: Sequence[Candidate]) -> tuple[list[float], float]:
        """Return the probability of each candidate, and of NIL."""
        if not candidates:
            return [], self.unknown
        scores = [sum(w * x for w, x in zip(self.weights, vector(one), strict=True)) for one in candidates]
        top = max(0.0, *scores)
        raised = [math.exp(score - top) for score in scores]
        nil = math.exp(-top)
        total = sum(raised) + nil
        return [value / total for value in raised], nil / total

    def times_meant(self, anchor: str, iri: str) -> int:
        """Return how often ``anchor`` meant the concept in the texts that the model was fitted on."""
        return self.meant.get(fold(anchor), {}).get(iri, 0)

    def fit_of_type(self, classes: Sequence[str], kind: str) -> float:
        """Return how well a mention type fits a concept of ``classes``: the mean of what is known, else 0.

        Where no judged mention had any of them, ``urn:cdkd:type:X`` fits type X and contradicts the other types of
        entities.
        """
        known = [fits[kind] for name in classes if kind in (fits := self.type_fit.get(name, {}))]
        return sum(known) / len(known) if known else _fit_by_name(classes, kind)

    def save(self, path: Path) -> None:
        """Write the model as JSON."""
        named = dict(zip(FEATURES, self.weights, strict=True))
        write_json(path, {"weights": named, "unknown": self.unknown, "meant": self.meant, "type_fit": self.type_fit})

    @classmethod
    def load(cls, path: Path) -> LinkModel:
        """Read what :meth:`save` wrote.

        Raises:
            ArtifactError: it is not such a file, or of other features.
        """
        found: Any = read_json(path)
        try:
            weights = tuple(float(found["weights"][name]) for name in FEATURES)
            if len(found["weights"]) != len(FEATURES) or not all(map(math.isfinite, weights)):
                raise ValueError("its features are others")
            meant, type_fit = _numbers(found["meant"], int), _numbers(found["type_fit"], float)
            return cls(weights, float(found["unknown"]), meant, type_fit)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ArtifactError(
                "this is not a linking model", where=str(path), why=str(error), remedy="fit it again"
            ) from error


def _numbers(found: Any, number: Callable[[Any], Number]) -> dict[str, dict[str, Number]]:
    return {key: {name: number(value) for name, value in inner.items()} for key, inner in found.items()}


def _fit_by_name(classes: Sequence[str], kind: str) -> float:
    named = [name.removeprefix(TYPE) for name in classes if name.startswith(TYPE)]
    if kind in _NO_ENTITY or not set(named) - _NO_ENTITY:
        return 0.0
    return _CLEAR_FIT if kind in named else -_CLEAR_FIT


def vector(candidate: Candidate) -> list[float]:
    """Return the features of a candidate, ``[F]``, in the order of :data:`FEATURES`."""
    return [
        *(float(candidate.form == form) for form in FORMS),
        candidate.similarity if candidate.form in PARTS else 0.0,
        candidate.similarity if candidate.form == "trigram" else 0.0,
        candidate.words if candidate.form in WHOLE else 0.0,
        candidate.words if candidate.form in PARTS else 0.0,
        math.log(candidate.prior),
        float(candidate.kind == "alternative"),
        float(candidate.kind == "hidden"),
        candidate.type_fit,
        candidate.context,
        candidate.coherence,
        candidate.case,
    ]


def fitted_weights(
    mentions: Sequence[tuple[Floats, int | None]], start: Sequence[float], penalty: float
) -> tuple[float, ...]:
    r"""Return the weights that maximise the likelihood of judged mentions, held near those to start from.

    The penalty is :math:`\frac{\lambda}{2} \lVert w - w_0 \rVert^2`, so a feature that no judged mention shows keeps
    its weight.

    Args:
        mentions: for each the features of its candidates, ``[C, F]`` with C > 0, and the place of the one that is
            meant, None for NIL.
        start: :math:`w_0`, ``[F]``.
        penalty: :math:`\lambda`.
    """
    origin = np.array(start, dtype=np.float64)

    def loss(weights: Floats) -> tuple[float, Floats]:
        value, slope = 0.0, penalty * (weights - origin)
        for features, meant in mentions:
            scores = np.append(features @ weights, 0.0)
            scores -= scores.max()
            share = np.exp(scores) / np.exp(scores).sum()
            place = len(features) if meant is None else meant
            value -= math.log(max(share[place], 1e-300))
            share[place] -= 1.0
            slope = slope + share[:-1] @ features
        return value + penalty / 2 * float(((weights - origin) ** 2).sum()), slope

    from scipy.optimize import minimize  # fitting alone needs it, and it takes 25 MB and a second

    found = minimize(loss, origin, jac=True, method="L-BFGS-B")
    return tuple(float(weight) for weight in found.x)
