"""Names that are spelled alike: TF-IDF over their character 3-grams."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

LEAST_SIMILAR = 0.5


class Trigrams:
    """The 3-grams of names, each with the names that have it.

    Args:
        names: at least one, none of them empty.
    """

    def __init__(self, names: Sequence[str]) -> None:
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), lowercase=False, sublinear_tf=True)
        columns = vectorizer.fit_transform(names).tocsc()
        self._places, self._shares, self._indptr = columns.indices, columns.data, columns.indptr.tolist()
        self._count = len(names)
        self._grams = vectorizer.build_analyzer()
        self._columns: dict[str, int] = vectorizer.vocabulary_
        self._rarity: list[float] = vectorizer.idf_.tolist()
        self._unheard = math.log(1 + len(names)) + 1

    def near(self, text: str) -> list[tuple[int, float]]:
        """Return the places of the names whose cosine with ``text`` is 0.5 at least, in order, and that cosine."""
        weights, indptr = self._weights(text), self._indptr
        if not weights:
            return []
        ends = [(indptr[column], indptr[column + 1]) for column in weights]
        places = np.concatenate([self._places[begin:end] for begin, end in ends])
        shares = [self._shares[begin:end] * weight for (begin, end), weight in zip(ends, weights.values(), strict=True)]
        cosine = np.bincount(places, weights=np.concatenate(shares), minlength=self._count)
        near = np.flatnonzero(cosine >= LEAST_SIMILAR)
        return list(zip(near.tolist(), cosine[near].tolist(), strict=True))

    def _weights(self, text: str) -> dict[int, float]:
        """Return the weight of each known 3-gram, by its column; those that no name has count in the length."""
        counts = Counter(self._grams(text))
        columns = {gram: self._columns.get(gram) for gram in counts}
        weights = {
            gram: (1 + math.log(count)) * (self._unheard if (place := columns[gram]) is None else self._rarity[place])
            for gram, count in sorted(counts.items())
        }
        length = math.sqrt(sum(weight**2 for weight in weights.values()))
        return {column: weights[gram] / length for gram, column in columns.items() if column is not None}
