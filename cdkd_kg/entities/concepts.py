"""Noun concepts: what a text is about, beside the things it names."""

from __future__ import annotations

from collections.abc import Container, Iterator

from spacy.tokens import Doc, Token

from cdkd_kg.entities.words import is_content

_NOUNS = frozenset({"NOUN", "PROPN"})
_PARTS = _NOUNS | {"ADJ"}
_HYPHENS = frozenset("-\u2010\u2011\u2013")


def noun_concepts(doc: Doc, taken: Container[int]) -> Iterator[tuple[int, int]]:
    """Yield the token spans ``[start, end)`` of noun concepts; none holds a token that is ``taken``.

    A concept ends at the head noun of a noun chunk and begins where its nouns, adjectives and hyphens
    begin: determiners, pronouns, numbers and stop words are left out. In a language for which spaCy has
    no noun chunks, and in a text without a parse, every noun is a concept.
    """
    for left, head in _chunks(doc):
        if head in taken or doc[head].pos_ not in _NOUNS or not is_content(doc[head]):
            continue
        start = head
        while start > left and start - 1 not in taken and _joins(doc[start - 1]):
            start -= 1
        while doc[start].pos_ not in _PARTS:
            start += 1
        yield start, head + 1


def _chunks(doc: Doc) -> list[tuple[int, int]]:
    if doc.has_annotation("DEP"):
        try:
            return [(chunk.start, chunk.root.i) for chunk in doc.noun_chunks]
        except NotImplementedError:
            pass
    return [(token.i, token.i) for token in doc if token.pos_ in _NOUNS]


def _joins(token: Token) -> bool:
    if token.text in _HYPHENS:
        return token.i > 0 and not token.whitespace_ and not token.nbor(-1).whitespace_
    return token.pos_ in _PARTS and is_content(token)
