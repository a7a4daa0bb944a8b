"""Grammar patterns: which two words of a sentence are related, and by which verb or preposition.

Dependency labels of both schemes that spaCy's pipelines use are read: ClearNLP (English) and Universal
Dependencies. The patterns are those of open information extraction (Angeli et al. 2015,
https://aclanthology.org/P15-1034) and, for "X such as Y", "X including Y" and "Y and other X", of Hearst (1992,
https://aclanthology.org/C92-2082).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from spacy.attrs import DEP, HEAD, LOWER
from spacy.strings import StringStore
from spacy.tokens import Doc, Token

IS_A = "is_a"
_SUBJECT = ("nsubj",)
_PASSIVE_SUBJECT = ("nsubjpass", "nsubj:pass")
_OBJECT = ("dobj", "obj")
_AGENT = ("agent", "obl:agent")
_OBLIQUE = ("obl", "obl:arg", "nmod")
_NUMBERS = StringStore()
_TELLING = np.array(
    [_NUMBERS[label] for label in ("prep", "appos", "cop", "attr", *_OBJECT, *_AGENT, *_OBLIQUE)], dtype=np.uint64
)
_OTHER = np.uint64(_NUMBERS["other"])


class Triple(NamedTuple):
    """Two words and what relates them."""

    subject: Token
    predicate: str
    object: Token
    pattern: str


def triples(doc: Doc) -> Iterator[Triple]:
    """Yield the triples of every sentence, words joined by "and" or "or" each on their own.

    Negated verbs and words ("did not buy", "no dog") yield nothing, nor does a predicate without a Latin letter.
    """
    for token in _governors(doc):
        if token.pos_ in ("VERB", "AUX"):
            found = _clause(token)
        elif token.pos_ in ("NOUN", "PROPN"):
            found = _noun_phrase(token)
        else:
            continue
        stated = [triple for triple in found if triple.predicate]
        if stated and not _negated(token):
            yield from (triple for shared in stated for triple in _coordinated(shared))


def _governors(doc: Doc) -> Iterator[Token]:
    """Yield the words that have any below them by which a pattern could be told; most words have none."""
    labels, heads, words = doc.to_array([DEP, HEAD, LOWER]).T
    telling = np.flatnonzero(np.isin(labels, _TELLING) | (words == _OTHER))
    for place in np.unique(telling + heads[telling].astype(np.int64)).tolist():
        yield doc[place]


@lru_cache(1 << 12)
def predicate_form(*words: str) -> str:
    """Return words as one predicate of ``[a-z_]``: accents dropped, words joined by ``_``.

    Example:
        >>> predicate_form("Verändern", "in")
        'verandern_in'
    """
    bare = unicodedata.normalize("NFKD", "_".join(words)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z]+", "_", bare).strip("_")


def _clause(verb: Token) -> Iterator[Triple]:
    below = list(verb.children)
    passive = _with(below, _PASSIVE_SUBJECT)
    active = _with(below, _SUBJECT) or ([] if passive else _shared_subjects(verb))
    if not active and not passive:
        return
    particles = [child.lower_ for child in _with(below, ("prt", "compound:prt"))]
    name = predicate_form(verb.lemma_ or verb.lower_, *particles)
    for subject in active:
        yield from (Triple(subject, name, word, "subject_object") for word in _with(below, _OBJECT))
        yield from (Triple(subject, IS_A, word, "copula") for word in _with(below, ("attr",)))
    for subject in passive:
        yield from (Triple(agent, name, subject, "passive") for agent in _agents(below))
    for subject in active + passive:
        for preposition, word in _prepositional(below):
            yield Triple(subject, predicate_form(name, preposition.lower_), word, "verb_preposition")


def _noun_phrase(noun: Token) -> Iterator[Triple]:
    below = list(noun.children)
    for preposition, word in _prepositional(below):
        if preposition.lower_ == "as" and any(child.lower_ == "such" for child in preposition.children):
            yield Triple(word, IS_A, noun, "such_as")
        elif preposition.lower_ == "including":
            yield Triple(word, IS_A, noun, "including")
        else:
            yield Triple(noun, predicate_form(preposition.lower_), word, "noun_preposition")
    yield from (Triple(noun, IS_A, word, "apposition") for word in _with(below, ("appos",)))
    if any(child.lower_ == "other" for child in below):
        yield from (Triple(word, IS_A, noun, "and_other") for word in _joined_before(noun))
    if _with(below, ("cop",)):
        yield from (Triple(subject, IS_A, noun, "copula") for subject in _with(below, _SUBJECT))


def _coordinated(triple: Triple) -> Iterator[Triple]:
    for subject in (triple.subject, *_joined(triple.subject)):
        for word in (triple.object, *_joined(triple.object)):
            if not _negated(subject) and not _negated(word):
                yield triple._replace(subject=subject, object=word)


def _joined(token: Token) -> Iterator[Token]:
    for child in _with(token.children, ("conj",)):
        yield child
        yield from _joined(child)


def _joined_before(token: Token) -> Iterator[Token]:
    """Yield what a noun is joined to, as the dogs and cats of "dogs, cats and other animals"."""
    while token.dep_ == "conj" and token.head.pos_ in ("NOUN", "PROPN"):
        token = token.head
        yield token


def _with(children: Iterable[Token], labels: tuple[str, ...]) -> list[Token]:
    return [child for child in children if child.dep_ in labels]


def _shared_subjects(verb: Token) -> list[Token]:
    """Return the subjects of the verb that this one is joined to ("she buys and sells")."""
    while verb.dep_ == "conj" and verb.head.pos_ in ("VERB", "AUX"):
        verb = verb.head
        if subjects := _with(verb.children, _SUBJECT):
            return subjects
    return []


def _agents(below: Iterable[Token]) -> Iterator[Token]:
    for child in _with(below, _AGENT):
        objects = _with(child.children, ("pobj",))
        yield from objects or ([child] if child.pos_ != "ADP" else [])


def _prepositional(below: Iterable[Token]) -> Iterator[tuple[Token, Token]]:
    """Yield preposition and noun: the noun below the preposition in ClearNLP, above it in Universal Dependencies."""
    for child in below:
        if child.dep_ == "prep":
            yield from ((child, word) for word in _with(child.children, ("pobj",)))
        elif child.dep_ in _OBLIQUE:
            yield from ((preposition, child) for preposition in _with(child.children, ("case",))[:1])


def _negated(token: Token) -> bool:
    return any(
        child.dep_ == "neg" or "Neg" in child.morph.get("Polarity") or child.lower_ == "no" for child in token.children
    )
