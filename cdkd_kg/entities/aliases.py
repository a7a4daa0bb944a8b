"""What a vocabulary calls its concepts, and which concepts a piece of text may mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal, NamedTuple

from cdkd_kg.artifacts import canonical_json, sha256_text

Kind = Literal["preferred", "alternative", "hidden"]

CASED = 1.0
FOLDED: dict[Kind, float] = {"preferred": 0.9, "alternative": 0.8, "hidden": 0.6}
LEMMA: dict[Kind, float] = {"preferred": 0.7, "alternative": 0.65, "hidden": 0.6}
LONGEST_ACRONYM = 6


class Label(NamedTuple):
    """One name of one concept, of the kind that SKOS gives it."""

    iri: str
    text: str
    kind: Kind


class Candidate(NamedTuple):
    """A concept that an anchor may mean, the label that says so, and how well it fits (0 to 1)."""

    iri: str
    label: str
    kind: Kind
    score: float


class AliasTable:
    """The labels of a vocabulary, looked up as written, casefolded, and by lemma form.

    A match is as strong as its form: preferred label as written 1.0, preferred label casefolded 0.9,
    alternative label 0.8, lemma form of a preferred label 0.7, of an alternative one 0.65, hidden label 0.6.
    The score of a concept is its strongest match divided by the number of concepts that match at least as
    strongly, so that two equal ones get half each.
    An acronym ("ALL", "FACE") matches only as it is written.

    Args:
        labels: in any order; repeated ones count once.
        lemmas: label text -> lemma form, for the labels that have one.
    """

    def __init__(self, labels: Iterable[Label], lemmas: Mapping[str, str] | None = None) -> None:
        self._labels = sorted(set(labels))
        self._folded: defaultdict[str, list[Label]] = defaultdict(list)
        self._lemmas: defaultdict[str, list[Label]] = defaultdict(list)
        for label in self._labels:
            self._folded[fold(label.text)].append(label)
            if lemmas and label.text in lemmas and not is_acronym(label.text):
                self._lemmas[lemmas[label.text]].append(label)

    def __len__(self) -> int:
        return len(self._labels)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the sorted labels."""
        return sha256_text(canonical_json(self._labels))

    def texts(self) -> list[str]:
        """Return every label text once, sorted."""
        return sorted({label.text for label in self._labels})

    def with_lemmas(self, lemmas: Mapping[str, str]) -> AliasTable:
        """Return this table with lemma forms (label text -> form) to look up by as well."""
        return AliasTable(self._labels, lemmas)

    def candidates(self, anchor: str, lemma: str = "") -> tuple[Candidate, ...]:
        """Return the concepts that ``anchor`` may mean, the best first, equal ones by IRI.

        Args:
            anchor: text as it stands in a document.
            lemma: its lemma form, where there is one.
        """
        anchor = " ".join(anchor.split())
        found = [(_strength(label, anchor), label) for label in self._folded.get(fold(anchor), ())]
        found += [(LEMMA[label.kind], label) for label in self._lemmas.get(lemma, ())]
        best: dict[str, tuple[float, Label]] = {}
        for strength, label in sorted(found, key=lambda match: (-match[0], match[1])):
            if strength > 0:
                best.setdefault(label.iri, (strength, label))
        strengths = [strength for strength, _ in best.values()]
        rivals = {strength: sum(other >= strength for other in strengths) for strength in strengths}
        return tuple(
            Candidate(label.iri, label.text, label.kind, strength / rivals[strength])
            for strength, label in best.values()
        )


def _strength(label: Label, anchor: str) -> float:
    if label.text != anchor:
        return 0.0 if is_acronym(label.text) else FOLDED[label.kind]
    return CASED if label.kind == "preferred" else FOLDED[label.kind]


def fold(text: str) -> str:
    """Return ``text`` casefolded, its runs of white space as one space.

    Example:
        >>> fold("Lung\\n Cancer")
        'lung cancer'
    """
    return " ".join(text.casefold().split())


def is_acronym(text: str) -> bool:
    """Say whether ``text`` is one short word in capitals: folded, it would be another word."""
    return len(text) <= LONGEST_ACRONYM and text.isupper() and text.isalnum()
