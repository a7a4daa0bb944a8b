"""Candidates of a mention, each with the evidence for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cdkd_kg.entities.linking.aliases import FORMS, Form, Kind, Match

MOST = 30
"""At most so many candidates a mention."""
_ORDER = {form: place for place, form in enumerate(FORMS)}


class Anchor(NamedTuple):
    """A mention as it stands in a text: its words, their lemma form, its type, and whether it is a name."""

    text: str
    lemma: str = ""
    type: str = ""
    is_name: bool = True


class Candidate(NamedTuple):
    r"""A concept that a mention may mean, and the features that speak for or against it.

    Attributes:
        iri: the concept.
        label: the name that matches.
        kind: what SKOS says of that name.
        form: how the two match.
        similarity: of anchor and name, 1 for a whole name and an acronym.
        words: how many words of the name the anchor has, beyond one; at most 2.
        prior: share among the candidates that match at least as strongly, by how often each was meant before.
        type_fit: log ratio of the mention's type among concepts of the candidate's classes and among all; 0 unknown.
        context: share of what describes the concept, beside the anchor, that the document says.
        coherence: 1 where the document names the concept in full elsewhere, else :math:`1 - 1/(1+n)` with n
            neighbours of the concept in it.
        case: -1 where the name is written with a capital and the anchor without, else 0.
        score: calibrated probability that the mention means this concept.
    """

    iri: str
    label: str
    kind: Kind
    form: Form
    similarity: float = 1.0
    words: float = 0.0
    prior: float = 1.0
    type_fit: float = 0.0
    context: float = 0.0
    coherence: float = 0.0
    case: float = 0.0
    score: float = 0.0


def strongest(matches: Iterable[Match]) -> list[Match]:
    """Return one match a concept, its strongest, in the order of strength: form, kind of name, similarity, IRI."""
    kinds = {"preferred": 0, "alternative": 1, "hidden": 2}
    ordered = sorted(
        matches, key=lambda match: (_ORDER[match.form], kinds[match.label.kind], -match.similarity, match.label)
    )
    best: dict[str, Match] = {}
    for match in ordered:
        best.setdefault(match.label.iri, match)
    return list(best.values())[:MOST]


def priors(matches: Sequence[Match], meant: Sequence[int]) -> list[float]:
    r"""Return :math:`m_c / \sum_{c'} m_{c'}` over the candidates c' that match in a form as strong as c's or stronger.

    Args:
        matches: by strength.
        meant: how often each was meant by this anchor in judged texts; :math:`m_c` is 1 more.
    """
    result = []
    for match, count in zip(matches, meant, strict=True):
        rivals = (
            1 + other for rival, other in zip(matches, meant, strict=True) if _ORDER[rival.form] <= _ORDER[match.form]
        )
        result.append((1 + count) / sum(rivals))
    return result
