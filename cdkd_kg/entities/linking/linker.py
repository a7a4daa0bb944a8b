"""From the mentions of a document to the concepts that they mean, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from functools import lru_cache
from typing import Literal, NamedTuple

from cdkd_kg.entities.linking.abbreviations import abbreviations
from cdkd_kg.entities.linking.aliases import WHOLE, AliasTable, Match
from cdkd_kg.entities.linking.candidates import Anchor, Candidate, priors, strongest
from cdkd_kg.entities.linking.facts import Descriptions, Facts
from cdkd_kg.entities.linking.model import LinkModel
from cdkd_kg.entities.linking.names import name_words
from cdkd_kg.entities.linking.near import NearNames

Nil = Literal["new", "ambiguous"]
LIKELY = 0.5
"""A concept is linked that is likelier than all others and NIL together; two as good as equal never are."""


class Link(NamedTuple):
    """Every candidate of a mention, the likeliest first, and the chosen one or the kind of NIL; never both.

    ``confidence`` is the calibrated probability that the choice is right: of the chosen concept; for "new", of
    NIL; for "ambiguous", of the best candidate.
    """

    candidates: tuple[Candidate, ...]
    iri: str | None
    nil: Nil | None
    confidence: float


class Linker:
    """Names, matches, features, probabilities, decision; for the mentions of one document together.

    Args:
        aliases: what concepts are called.
        facts: what else is said of them.
        model: weights, fitted or the default ones.

    Example:
        >>> from cdkd_kg.entities.linking.aliases import Label
        >>> linker = Linker(AliasTable([Label("urn:fao", "Food and Agriculture Organization", "preferred")]))
        >>> linker.link("The FAO met.", [Anchor("FAO")])[0].iri
        'urn:fao'
    """

    def __init__(self, aliases: AliasTable, facts: Facts | None = None, model: LinkModel | None = None) -> None:
        self.aliases, self.facts, self.model = aliases, facts or Facts(), model or LinkModel()
        self._near = NearNames(aliases.labels)
        self._descriptions = Descriptions(aliases.labels, self.facts)
        self._matches = lru_cache(1 << 16)(self._find)

    def forget(self) -> None:
        """Forget what was looked up, as if no text had been read."""
        self._matches.cache_clear()
        self._descriptions.of.cache_clear()

    def with_model(self, model: LinkModel) -> Linker:
        """Return the same linker with another model; what it has looked up is shared."""
        other = copy(self)
        other.model = model
        return other

    def link(self, text: str, anchors: Sequence[Anchor], long_forms: Mapping[str, str] | None = None) -> list[Link]:
        """Return the link of every anchor of a document.

        Args:
            text: of the document.
            anchors: its mentions.
            long_forms: what its abbreviations stand for; read from the text where they are left out.
        """
        return [self.decide(found) for found in self.candidates(text, anchors, long_forms)]

    def candidates(
        self, text: str, anchors: Sequence[Anchor], long_forms: Mapping[str, str] | None = None
    ) -> list[list[Candidate]]:
        """Return the candidates of every anchor with their features and probabilities, the likeliest first."""
        if not len(self.aliases):
            return [[] for _ in anchors]
        long = abbreviations(text) if long_forms is None else long_forms
        matches = [self._of(anchor, long.get(anchor.text)) for anchor in anchors]
        document = _Document(text, matches, self.facts)
        return [self._scored(anchor, found, document) for anchor, found in zip(anchors, matches, strict=True)]

    def _of(self, anchor: Anchor, long_form: str | None) -> tuple[Match, ...]:
        if long_form is not None and (found := self._matches(long_form, "", True)):
            return found
        return self._matches(anchor.text, anchor.lemma, anchor.is_name)

    def _find(self, text: str, lemma: str, is_name: bool) -> tuple[Match, ...]:
        return tuple(strongest([*self.aliases.matches(text, lemma), *(self._near.matches(text) if is_name else ())]))

    def _scored(self, anchor: Anchor, matches: tuple[Match, ...], document: _Document) -> list[Candidate]:
        meant = [self.model.times_meant(anchor.text, match.label.iri) for match in matches]
        own = frozenset(name_words(anchor.text))
        found = [
            Candidate(
                match.label.iri,
                match.label.text,
                match.label.kind,
                match.form,
                match.similarity,
                _shared_words(match, own),
                prior,
                self.model.fit_of_type(self.facts.classes.get(match.label.iri, ()), anchor.type),
                document.context(self._descriptions.of(match.label.iri), own),
                document.coherence(match),
                -1.0 if match.label.text[:1].isupper() and anchor.text.islower() else 0.0,
            )
            for match, prior in zip(matches, priors(matches, meant), strict=True)
        ]
        scored = zip(found, self.model.probabilities(found)[0], strict=True)
        return sorted(
            (candidate._replace(score=score) for candidate, score in scored), key=lambda one: (-one.score, one.iri)
        )

    def decide(self, candidates: list[Candidate]) -> Link:
        """Return the link of a mention with these candidates.

        The best candidate where it is likelier than all the others and NIL together; "new" where NIL is; else
        "ambiguous".
        """
        scores = [candidate.score for candidate in candidates]
        nil = max(0.0, 1.0 - sum(scores)) if scores else self.model.unknown
        if not scores or nil >= LIKELY:
            return Link(tuple(candidates), None, "new", nil)
        if scores[0] <= LIKELY:
            return Link(tuple(candidates), None, "ambiguous", scores[0])
        return Link(tuple(candidates), candidates[0].iri, None, scores[0])


def _shared_words(match: Match, anchor: frozenset[str]) -> float:
    words = set(name_words(match.label.text))
    shared = len(words if match.form in WHOLE else words & anchor)
    return float(min(max(shared - 1, 0), 2))


class _Document:
    """What a document says: its words, and the concepts that it names in full."""

    def __init__(self, text: str, matches: Sequence[Iterable[Match]], facts: Facts) -> None:
        self._text, self._facts = text, facts
        self._words: frozenset[str] | None = None
        self._named = frozenset(match.label.iri for found in matches for match in found if match.form in WHOLE)

    def context(self, description: dict[str, float], own: frozenset[str]) -> float:
        if self._words is None:
            self._words = frozenset(name_words(self._text))
        rest = {word: weight for word, weight in description.items() if word not in own}
        return sum(weight for word, weight in rest.items() if word in self._words) / (sum(rest.values()) or 1.0)

    def coherence(self, match: Match) -> float:
        iri = match.label.iri
        if match.form not in WHOLE and iri in self._named:
            return 1.0
        around = self._facts.neighbours.get(iri, frozenset())
        return 1 - 1 / (1 + len(around & self._named))
