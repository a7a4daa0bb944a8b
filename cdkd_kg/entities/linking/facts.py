"""What a vocabulary says of its concepts beside their names."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cdkd_kg.entities.linking.aliases import Label
from cdkd_kg.entities.linking.names import content_words, name_words

TYPE = "urn:cdkd:type:"
"""What the class of a concept begins with that was found in texts as an entity of that type."""
LONGEST = 60
"""So many words of a definition and of neighbours' names are read."""


@dataclass(frozen=True)
class Facts:
    """Classes, definitions and neighbours of concepts, by IRI; what is not said is empty.

    Attributes:
        classes: the types of a concept, such as ``urn:cdkd:type:ORG`` or a class of an ontology.
        definitions: what a concept is, in words.
        neighbours: the concepts that a relation ties to it, in both directions.
    """

    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    neighbours: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Descriptions:
    r"""The words that come with a concept, each with a weight.

    A word w of the names weighs :math:`\ln(1 + V / V_w)` among V concepts, :math:`V_w` of them with w in a name; one
    of the n words of its definition and of its neighbours' names the same by :math:`\sqrt n`.

    Args:
        labels: what the concepts are called.
        facts: what else is said of them.
    """

    def __init__(self, labels: list[Label], facts: Facts) -> None:
        self._facts, self._names = facts, dict[str, tuple[str, ...]]()
        for label in labels:
            words = content_words(name_words(label.text))
            self._names[label.iri] = tuple(dict.fromkeys((*self._names.get(label.iri, ()), *words)))
        self._count = Counter(word for words in self._names.values() for word in words)
        self.of = lru_cache(1 << 16)(self._describe)

    def rarity(self, word: str) -> float:
        """Return the weight of a word of a name."""
        return math.log(1 + len(self._names) / max(1, self._count[word]))

    def _describe(self, iri: str) -> dict[str, float]:
        names = self._names.get(iri, ())
        around = [*name_words(self._facts.definitions.get(iri, ""))]
        for neighbour in sorted(self._facts.neighbours.get(iri, ())):
            around += self._names.get(neighbour, ())
            if len(around) > LONGEST:
                break
        others = content_words(tuple(dict.fromkeys(word for word in around[:LONGEST] if word not in names)))
        share = math.sqrt(len(others))
        weights = {word: self.rarity(word) / share for word in others}
        return weights | {word: self.rarity(word) for word in names}
