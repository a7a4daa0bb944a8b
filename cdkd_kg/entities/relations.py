"""The spaCy component ``cdkd_relations``: relations between the mentions of a sentence, from its parse.

It reads ``doc.spans["cdkd"]`` and sets ``doc._.cdkd_relations``. Importing this module registers it.
"""

from __future__ import annotations

from typing import NamedTuple

from spacy.language import Language
from spacy.tokens import Doc, Span

from cdkd_kg.entities.grammar import IS_A, Triple, triples
from cdkd_kg.entities.mentions import CONCEPT, SPANS, TERM

CONFIDENCE = {
    "subject_object": 0.8,
    "passive": 0.8,
    "such_as": 0.8,
    "and_other": 0.8,
    "including": 0.7,
    "apposition": 0.7,
    "copula": 0.7,
    "verb_preposition": 0.6,
    "noun_preposition": 0.6,
}
"""How far a pattern is trusted before anybody has judged what it found."""


class Relation(NamedTuple):
    """Two mentions, as places in ``doc.spans["cdkd"]``, and the predicate and pattern that relate them."""

    subject: int
    object: int
    predicate: str
    pattern: str
    confidence: float


def find_relations(doc: Doc) -> Doc:
    """Set the relations of ``doc``, sorted, none twice; a text without a parse has none."""
    mentions = list(doc.spans[SPANS]) if SPANS in doc.spans else []
    found: set[Relation] = set()
    if mentions and doc.has_annotation("DEP"):
        heads = {mention.root.i: place for place, mention in enumerate(mentions)}
        for triple in triples(doc):
            places = heads.get(triple.subject.i), heads.get(triple.object.i)
            if places[0] is not None and places[1] is not None:
                found.update(_relation(mentions, triple, places[0], places[1]))
    doc._.cdkd_relations = sorted(found)
    return doc


def _relation(mentions: list[Span], triple: Triple, subject: int, object_: int) -> list[Relation]:
    """Return one relation, or none.

    Nothing is related to itself; a name is no kind, so that names are subjects of ``is_a`` only; and beside
    a plain noun an apposition says the same again rather than what kind it is.
    """
    if mentions[subject]._.cdkd_record[0] == mentions[object_]._.cdkd_record[0]:
        return []
    if triple.predicate == IS_A and _is_named(mentions[object_]):
        subject, object_ = object_, subject
        if _is_named(mentions[object_]):
            return []
    if triple.pattern == "apposition" and mentions[subject].label_ == CONCEPT:
        return []
    return [Relation(subject, object_, triple.predicate, triple.pattern, CONFIDENCE[triple.pattern])]


def _is_named(mention: Span) -> bool:
    return mention.label_ not in (TERM, CONCEPT)


Doc.set_extension("cdkd_relations", default=None, force=True)
Language.component(
    "cdkd_relations", assigns=["doc._.cdkd_relations"], requires=["doc.spans", "token.dep"], func=find_relations
)
