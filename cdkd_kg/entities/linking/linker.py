"""From the mentions of a document to the concepts that they mean, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from functools import cached_property, lru_cache
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

_REMEMBERED = 1 << 16


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
        self._matches = lru_cache(_REMEMBERED)(self._find)
        self._remember()

    def _remember(self) -> None:
        self._known = lru_cache(_REMEMBERED)(self._know)
        self._links = lru_cache(_REMEMBERED)(self._link)

    def forget(self) -> None:
        """Forget what was looked up, as if no text had been read."""
        self._matches.cache_clear()
        self._descriptions.of.cache_clear()
        self._remember()

    def with_model(self, model: LinkModel) -> Linker:
        """Return the same linker with another model; the names that it has looked up are shared."""
        other = copy(self)
        other.model = model
        other._remember()
        return other

    def link(self, text: str, anchors: Sequence[Anchor], long_forms: Mapping[str, str] | None = None) -> list[Link]:
        """Return the link of every anchor of a document.

        Args:
            text: of the document.
            anchors: its mentions.
            long_forms: what its abbreviations stand for; read from the text where they are left out.
        """
        if not len(self.aliases):
            return [self.decide([]) for _ in anchors]
        long = abbreviations(text) if long_forms is None else long_forms
        known = [self._known(anchor, long.get(anchor.text)) for anchor in anchors]
        document = _Document(text, known, self.facts)
        return [
            self._links(anchor, long.get(anchor.text), tuple(map(document.evidence, found)))
            for anchor, found in zip(anchors, known, strict=True)
        ]

    def _know(self, anchor: Anchor, long_form: str | None) -> tuple[_Known, ...]:
        """Return what an anchor may mean, with all that any document would say of it."""
        matches = self._matches(long_form, "", True) if long_form is not None else ()
        matches = matches or self._matches(anchor.text, anchor.lemma, anchor.is_name)
        meant = [self.model.times_meant(anchor.text, match.label.iri) for match in matches]
        own = frozenset(name_words(anchor.text))
        return tuple(
            self._known_of(anchor, own, match, prior)
            for match, prior in zip(matches, priors(matches, meant), strict=True)
        )

    def _known_of(self, anchor: Anchor, own: frozenset[str], match: Match, prior: float) -> _Known:
        iri, text, kind = match.label
        candidate = Candidate(
            iri,
            text,
            kind,
            match.form,
            match.similarity,
            _shared_words(match, own),
            prior,
            self.model.fit_of_type(self.facts.classes.get(iri, ()), anchor.type),
            case=-1.0 if text[:1].isupper() and anchor.text.islower() else 0.0,
        )
        return _Known(candidate, {w: weight for w, weight in self._descriptions.of(iri).items() if w not in own})

    def _find(self, text: str, lemma: str, is_name: bool) -> tuple[Match, ...]:
        whole = self.aliases.matches(text, lemma)
        near = self._near.matches(text, spellings=not whole) if is_name else ()
        return tuple(strongest([*whole, *near]))

    def _link(self, anchor: Anchor, long_form: str | None, evidence: tuple[tuple[float, float], ...]) -> Link:
        found = [
            known.candidate._replace(context=context, coherence=coherence)
            for known, (context, coherence) in zip(self._known(anchor, long_form), evidence, strict=True)
        ]
        scored = zip(found, self.model.probabilities(found)[0], strict=True)
        return self.decide(
            sorted((one._replace(score=score) for one, score in scored), key=lambda one: (-one.score, one.iri))
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


class _Known(NamedTuple):
    """A candidate before a document has spoken, and the words that describe its concept beside the anchor's own."""

    candidate: Candidate
    description: dict[str, float]


class _Document:
    """What a document says: its words, and the concepts that it names in full."""

    def __init__(self, text: str, known: Iterable[Iterable[_Known]], facts: Facts) -> None:
        self._text, self._facts = text, facts
        self._named = frozenset(one.candidate.iri for found in known for one in found if one.candidate.form in WHOLE)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(name_words(self._text))

    def evidence(self, known: _Known) -> tuple[float, float]:
        """Return context and coherence, as :class:`Candidate` defines them."""
        return self._context(known.description), self._coherence(known.candidate)

    def _context(self, description: dict[str, float]) -> float:
        if not description:
            return 0.0
        said = sum(weight for word, weight in description.items() if word in self._words)
        return said / (sum(description.values()) or 1.0)

    def _coherence(self, candidate: Candidate) -> float:
        if candidate.form not in WHOLE and candidate.iri in self._named:
            return 1.0
        around = self._facts.neighbours.get(candidate.iri)
        return 1 - 1 / (1 + len(around & self._named)) if around else 0.0
