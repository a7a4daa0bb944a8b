"""Labels that an anchor is only near to: part of a name, its acronym, or another spelling."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from cdkd_kg.entities.linking.aliases import Form, Label, Match
from cdkd_kg.entities.linking.names import content_words, initials, name_words
from cdkd_kg.entities.linking.trigrams import Trigrams

MOST = 30
"""At most so many near labels an anchor: a part that more names share tells nothing."""
SHORTEST = 4
PART: Form = "part"
HOLDS: Form = "holds"
_ACRONYM = range(2, 8)


class NearNames:
    """The labels of a vocabulary by their words, their initials and their character 3-grams.

    Args:
        labels: distinct, in sorted order.
    """

    def __init__(self, labels: Sequence[Label]) -> None:
        self._labels = labels
        self._words = [content_words(name_words(label.text)) for label in labels]
        count = Counter(word for words in self._words for word in set(words))
        self._rarity = {word: math.log(1 + len(labels) / number) for word, number in count.items()}
        self._rarest = max(self._rarity.values(), default=1.0)
        self._with_word: defaultdict[str, list[int]] = defaultdict(list)
        self._by_rarest: defaultdict[str, list[int]] = defaultdict(list)
        self._by_initials: defaultdict[str, list[int]] = defaultdict(list)
        for place, words in enumerate(self._words):
            for word in set(words):
                self._with_word[word].append(place)
            if words:
                self._by_rarest[max(words, key=lambda word: (self._rarity[word], word))].append(place)
            if len(words) > 1:
                self._by_initials[initials(words)].append(place)

    def matches(self, anchor: str, *, spellings: bool = True) -> list[Match]:
        """Return the labels that ``anchor``, a name, is near to.

        - acronym: the anchor's letters are the initials of a label of several words;
        - part and holds: all words of the anchor are in the label, or all of the label in the anchor; similarity is
          the share of the longer one's words that the shorter one has, each counted by its rarity
          :math:`\\ln(1 + L / L_w)` among L labels;
        - trigram, where other ``spellings`` are asked for: the cosine of TF-IDF over character 3-grams is 0.5 at least.
        """
        words = content_words(name_words(anchor))
        if not words:
            return []
        near = [*self._acronyms(anchor), *self._parts(set(words))]
        return near + (self._spellings(" ".join(words)) if spellings else [])

    def _parts(self, mine: set[str]) -> list[Match]:
        held = {place for word in mine for place in self._by_rarest.get(word, ()) if mine >= set(self._words[place])}
        rarest = min((self._with_word.get(word, []) for word in sorted(mine)), key=len)
        sought = rarest if len(rarest) <= 10 * MOST else []
        found = dict.fromkeys(held, HOLDS) | {place: PART for place in sought if mine <= set(self._words[place])}
        return _best(
            Match(self._labels[place], form, self._overlap(mine, set(self._words[place])))
            for place, form in found.items()
        )

    def _overlap(self, mine: set[str], other: set[str]) -> float:
        shared, either = (
            sum(sorted(self._rarity.get(word, self._rarest) for word in words))
            for words in (mine & other, mine | other)
        )
        return shared / either

    def _acronyms(self, anchor: str) -> Iterator[Match]:
        letters = anchor.replace(".", "")
        if len(letters) in _ACRONYM and letters.isalpha() and sum(map(str.isupper, letters)) > 1:
            places = self._by_initials.get(letters.casefold(), [])
            yield from (Match(self._labels[place], "acronym") for place in places[:MOST])

    def _spellings(self, text: str) -> list[Match]:
        if len(text) < SHORTEST or not self._labels:
            return []
        return _best(
            Match(self._labels[place], "trigram", min(1.0, cosine)) for place, cosine in self._trigrams.near(text)
        )

    @cached_property
    def _trigrams(self) -> Trigrams:
        return Trigrams([" ".join(words) or "-" for words in self._words])


def _best(matches: Iterable[Match]) -> list[Match]:
    return sorted(matches, key=lambda match: (-match.similarity, match.label))[:MOST]
