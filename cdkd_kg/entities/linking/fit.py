"""A linking model from judged mentions: gold annotations, or a curator's decisions."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cdkd_kg.entities.linking.aliases import AliasTable
from cdkd_kg.entities.linking.candidates import Anchor
from cdkd_kg.entities.linking.facts import Facts
from cdkd_kg.entities.linking.linker import Linker
from cdkd_kg.entities.linking.model import DEFAULT, Floats, LinkModel, fitted_weights, vector
from cdkd_kg.entities.linking.names import fold

FOLDS = 5
SMOOTHING = 2.0
LARGEST_FIT = 2.0


class Judged(NamedTuple):
    """A document's text, its mentions, and what each means; None for a concept that is not in the vocabulary."""

    text: str
    anchors: Sequence[Anchor]
    meant: Sequence[str | None]


def fit(
    documents: Sequence[Judged],
    aliases: AliasTable,
    facts: Facts | None = None,
    *,
    start: Sequence[float] = DEFAULT,
    penalty: float = 1.0,
) -> LinkModel:
    """Return a model fitted to judged mentions.

    Weights are fitted on features whose counts and type fits come from other documents (5 folds, by position), so
    that they learn what a count is worth on a text that was not counted.

    Args:
        documents: in an order that does not change.
        aliases: what concepts are called.
        facts: what else is said of them.
        start: weights before anything was judged, in the order of :data:`~cdkd_kg.entities.linking.model.FEATURES`.
        penalty: how strongly the weights are held near them.
    """
    facts = facts or Facts()
    rows: list[tuple[Floats, int | None]] = []
    without, new = 0, 0
    base = Linker(aliases, facts)
    for fold_number in range(FOLDS):
        others = [document for place, document in enumerate(documents) if place % FOLDS != fold_number]
        linker = base.with_model(_counted(others, facts))
        for document in documents[fold_number::FOLDS]:
            found = [link.candidates for link in linker.link(document.text, document.anchors)]
            for candidates, meant in zip(found, document.meant, strict=True):
                if candidates:
                    places = {candidate.iri: place for place, candidate in enumerate(candidates)}
                    rows.append((np.array([vector(one) for one in candidates]), places.get(meant or "")))
                else:
                    without, new = without + 1, new + (meant is None)
    counted = _counted(documents, facts)
    unknown = (new + 10 * LinkModel().unknown) / (without + 10)
    return LinkModel(fitted_weights(rows, start, penalty), unknown, counted.meant, counted.type_fit)


def _counted(documents: Sequence[Judged], facts: Facts) -> LinkModel:
    """Return the default weights with the counts and type fits of these documents."""
    meant: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for anchor, iri in _linked(documents):
        meant[fold(anchor.text)][iri] += 1
    counts = {text: dict(sorted(meant[text].items())) for text in sorted(meant)}
    return LinkModel(meant=counts, type_fit=_type_fit(documents, facts))


def _type_fit(documents: Sequence[Judged], facts: Facts) -> Mapping[str, Mapping[str, float]]:
    r"""Return :math:`\ln \frac{p(t \mid k)}{p(t)}` of mention type t and class k, smoothed, within -2 and 2."""
    pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    types: Counter[str] = Counter()
    for anchor, iri in _linked(documents):
        for name in facts.classes.get(iri, ()):
            pairs[name][anchor.type] += 1
            types[anchor.type] += 1

    def ratio(name: str, kind: str) -> float:
        share = types[kind] / types.total()
        value = math.log((pairs[name][kind] + SMOOTHING * share) / (pairs[name].total() + SMOOTHING) / share)
        return max(-LARGEST_FIT, min(LARGEST_FIT, value))

    return {name: {kind: ratio(name, kind) for kind in sorted(types)} for name in sorted(pairs)}


def _linked(documents: Sequence[Judged]) -> Iterator[tuple[Anchor, str]]:
    for document in documents:
        for anchor, iri in zip(document.anchors, document.meant, strict=True):
            if iri is not None:
                yield anchor, iri
