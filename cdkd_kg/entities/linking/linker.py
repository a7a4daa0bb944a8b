"""From a mention to the concept that it means, or to the reason why there is none."""

from __future__ import annotations

from typing import Literal, NamedTuple

from cdkd_kg.entities.aliases import LEMMA, AliasTable, Candidate

Nil = Literal["new", "ambiguous"]


class Link(NamedTuple):
    """Every candidate of a mention, and the one that is chosen or the kind of NIL; never both.

    ``confidence`` is the score of the best candidate. A mention that is new to the vocabulary is known by
    its lemma form alone, and gets the strength of a lemma match.
    """

    candidates: tuple[Candidate, ...]
    iri: str | None
    nil: Nil | None
    confidence: float


def link(anchor: str, lemma: str, aliases: AliasTable) -> Link:
    """Return the link of a mention: "new" without a candidate, "ambiguous" where the best two are equal."""
    candidates = aliases.candidates(anchor, lemma)
    if not candidates:
        return Link((), None, "new", LEMMA["preferred"])
    best = candidates[0]
    if len(candidates) > 1 and candidates[1].score == best.score:
        return Link(candidates, None, "ambiguous", best.score)
    return Link(candidates, best.iri, None, best.score)
