"""Names that are spelled alike: TF-IDF over their character 3-grams."""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

LEAST_SIMILAR = 0.5
ROUNDING = 1e-9


class Trigrams:
    r"""The 3-grams of names, each with the names that have it.

    A 3-gram g that a text has :math:`n_g` times weighs, with :math:`N_g` of N names that have it,

    .. math:: w_g = (1 + \ln n_g) \left(\ln \frac{1 + N}{1 + N_g} + 1\right)

    and a text's weights are divided by their Euclidean length. These are scikit-learn's ``char_wb`` 3-grams with
    sublinear counts; only a text's 3-grams that no name has count here too, in its length.

    Args:
        names: at least one, none of them empty.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._count = len(names)
        having = Counter(gram for name in names for gram in set(_grams(name)))
        self._rarity = {gram: math.log((1 + len(names)) / (1 + number)) + 1 for gram, number in having.items()}
        self._unheard = math.log(1 + len(names)) + 1
        places: defaultdict[str, array[int]] = defaultdict(lambda: array("l"))
        shares: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        for place, name in enumerate(names):
            for gram, weight in self._weights(Counter(_grams(name))).items():
                places[gram].append(place)
                shares[gram].append(weight)
        self._places = {gram: np.asarray(mine) for gram, mine in places.items()}
        self._shares = {gram: np.asarray(mine) for gram, mine in shares.items()}

    def near(self, text: str) -> list[tuple[int, float]]:
        """Return the places of the names whose cosine with ``text`` is 0.5 at least, in order, and that cosine."""
        weights = self._weights(Counter(_grams(text)))
        known = [gram for gram in weights if gram in self._rarity]
        if math.sqrt(sum(weights[gram] ** 2 for gram in known)) < LEAST_SIMILAR - ROUNDING:
            return []  # by Cauchy and Schwarz no name, whose own length is 1, has a larger cosine than that
        places = np.concatenate([self._places[gram] for gram in known])
        shares = np.concatenate([self._shares[gram] * weights[gram] for gram in known])
        cosine = np.bincount(places, weights=shares, minlength=self._count)
        near = np.flatnonzero(cosine >= LEAST_SIMILAR)
        return list(zip(near.tolist(), cosine[near].tolist(), strict=True))

    def _weights(self, counts: Counter[str]) -> dict[str, float]:
        """Return the weight of each 3-gram of a text, those that no name has too."""
        weights = {
            gram: (1 + math.log(count)) * self._rarity.get(gram, self._unheard)
            for gram, count in sorted(counts.items())
        }
        length = math.sqrt(sum(weight**2 for weight in weights.values()))
        return {gram: weight / length for gram, weight in weights.items()}


def _grams(text: str) -> Iterator[str]:
    """Yield the 3-grams of each word, with the space on either side of it."""
    for word in text.split():
        padded = f" {word} "
        yield from (padded[start : start + 3] for start in range(len(padded) - 2))
