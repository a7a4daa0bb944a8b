"""Noun concepts: what a text is about, beside the things it names.

A noun phrase is taken apart into its nouns, because nouns are shared by documents and phrases hardly are.
What the vocabulary knows, and what is a proper name, stays whole.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from spacy.tokens import Doc, Span, Token

from cdkd_kg.entities.words import is_content

_NOUNS = ("NOUN", "PROPN")
_HYPHENS = ("-", "\u2010", "\u2011", "\u2013")


def noun_concepts(doc: Doc, taken: Container[int], is_known: Callable[[Span], bool]) -> Iterator[tuple[int, int]]:
    """Yield the token spans ``[start, end)`` of noun concepts, in order, without overlaps.

    A concept is, of a run of nouns, adjectives and hyphens, the longest part of several tokens that is
    known, else the proper nouns that stand together, else one noun. Pronouns, numbers, URLs, stop words and
    single letters are none. Parts of speech are all it needs; a text without them has none.

    Args:
        doc: a tagged text.
        taken: tokens that belong to stronger mentions already.
        is_known: says whether the vocabulary has a span, perhaps in another inflection.
    """
    for first, last in _runs(doc, taken):
        start = first
        while start < last:
            ends = range(last, start + 1, -1)
            known = next((end for end in ends if is_known(doc[start:end])), None)
            end = known or _name_end(doc, start, last)
            if known or (doc[start].pos_ in _NOUNS and any(is_content(token) for token in doc[start:end])):
                yield start, end
            start = end


def _runs(doc: Doc, taken: Container[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for token in doc:
        if token.i in taken or not _joins(token):
            if token.i > start:
                yield start, token.i
            start = token.i + 1
    if len(doc) > start:
        yield start, len(doc)


def _name_end(doc: Doc, start: int, last: int) -> int:
    """Return where the proper nouns that begin at ``start`` end; hyphens may join them."""
    end = start + 1
    while doc[start].pos_ == "PROPN" and end < last:
        step = 2 if doc[end].text in _HYPHENS else 1
        if end + step > last or doc[end + step - 1].pos_ != "PROPN":
            break
        end += step
    return end


def _joins(token: Token) -> bool:
    if token.text in _HYPHENS:
        return token.i > 0 and not token.whitespace_ and not token.nbor(-1).whitespace_
    if token.pos_ == "PROPN":
        return bool(token.is_alpha)  # a name may hold stop words: the Serious Fraud Office
    return token.pos_ in ("NOUN", "ADJ") and is_content(token)
