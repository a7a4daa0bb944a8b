"""What a vocabulary calls its concepts, looked up by whole names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal, NamedTuple

from cdkd_kg.artifacts import canonical_json, sha256_text
from cdkd_kg.entities.linking.names import fold, is_acronym

Kind = Literal["preferred", "alternative", "hidden"]
Form = Literal["cased", "folded", "lemma", "acronym", "part", "holds", "trigram"]
FORMS: tuple[Form, ...] = ("cased", "folded", "lemma", "acronym", "part", "holds", "trigram")
"""How an anchor may match a label, the strongest first: as a whole, as its acronym, as a part of it, the other way
round, or in another spelling."""
WHOLE: tuple[Form, ...] = ("cased", "folded", "lemma")
PARTS: tuple[Form, ...] = ("part", "holds")


class Label(NamedTuple):
    """One name of one concept, of the kind that SKOS gives it."""

    iri: str
    text: str
    kind: Kind


class Match(NamedTuple):
    """A label that an anchor matches, in which form, and how similar the two are (0 to 1)."""

    label: Label
    form: Form
    similarity: float = 1.0


class AliasTable:
    """The labels of a vocabulary, looked up as written, casefolded, and by lemma form.

    An acronym ("ALL", "FACE") matches only as it is written.

    Args:
        labels: in any order; repeated ones count once.
        lemmas: label text -> lemma form, for the labels that have one.
    """

    def __init__(self, labels: Iterable[Label], lemmas: Mapping[str, str] | None = None) -> None:
        self.labels = sorted(set(labels))
        self._folded: defaultdict[str, list[Label]] = defaultdict(list)
        self._lemmas: defaultdict[str, list[Label]] = defaultdict(list)
        for label in self.labels:
            self._folded[fold(label.text)].append(label)
            if lemmas and label.text in lemmas and not is_acronym(label.text):
                self._lemmas[lemmas[label.text]].append(label)

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the sorted labels."""
        return sha256_text(canonical_json(self.labels))

    def texts(self) -> list[str]:
        """Return every label text once, sorted."""
        return sorted({label.text for label in self.labels})

    def with_lemmas(self, lemmas: Mapping[str, str]) -> AliasTable:
        """Return this table with lemma forms (label text -> form) to look up by as well."""
        return AliasTable(self.labels, lemmas)

    def matches(self, anchor: str, lemma: str = "") -> list[Match]:
        """Return the labels that ``anchor`` is a whole form of.

        Args:
            anchor: text as it stands in a document.
            lemma: its lemma form, where there is one.
        """
        anchor = " ".join(anchor.split())
        folded = self._folded.get(fold(anchor), ())
        found = [Match(label, "cased") for label in folded if label.text == anchor]
        found += [Match(label, "folded") for label in folded if label.text != anchor and not is_acronym(label.text)]
        return found + [Match(label, "lemma") for label in self._lemmas.get(lemma, ())]

    def knows(self, anchor: str, lemma: str = "") -> bool:
        """Say whether ``anchor`` is a whole form of any label."""
        anchor = " ".join(anchor.split())
        folded = self._folded.get(fold(anchor), ())
        return lemma in self._lemmas or any(label.text == anchor or not is_acronym(label.text) for label in folded)
