"""WordNet: noun synsets as concepts (format: wndb(5WN))."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cdkd_kg.data.archive import named
from cdkd_kg.data.skos import Concept

_BROADER = {"@", "@i"}  # hypernym, instance hypernym
_RELATED = {"%m", "%p", "%s"}  # member, part, substance meronym
_SUBJECT = {";c"}  # topic domain: an inning belongs to baseball


class Synset(NamedTuple):
    """One line of ``data.noun``: offset, lemmas, pointers (symbol, offset of a noun), gloss."""

    offset: str
    lemmas: tuple[str, ...]
    pointers: tuple[tuple[str, str], ...]
    gloss: str


def concepts(files: Mapping[str, bytes]) -> Iterator[Concept]:
    """Yield a concept for each noun synset.

    A lemma labels its most frequent synset (first in ``index.noun``) as preferred or alternative label and its
    other synsets as hidden label, so that one meaning wins where context does not decide. The preferred label is
    the first lemma that the synset is the most frequent meaning of; where there is none it is the first lemma
    with the number of the meaning, "bank (noun 9)". The definition is the gloss without its examples.
    """
    senses = _senses(named(files, "index.noun"))
    for synset in _synsets(named(files, "data.noun")):
        first = [lemma for lemma in synset.lemmas if _rank(lemma, synset, senses) == 1]
        number = _rank(synset.lemmas[0], synset, senses)
        yield Concept(
            _iri(synset.offset),
            first[0] if first else f"{synset.lemmas[0]} (noun {number})",
            alternative=tuple(first[1:]),
            hidden=tuple(lemma for lemma in synset.lemmas if lemma not in first),
            definition=synset.gloss.split('; "')[0],
            broader=_targets(synset, _BROADER),
            related=_targets(synset, _RELATED),
            subject=_targets(synset, _SUBJECT),
        )


def _synsets(raw: bytes) -> Iterator[Synset]:
    for line in raw.decode("utf-8").split("\n"):
        if not line or line.startswith("  "):  # the licence
            continue
        data, _, gloss = line.partition(" | ")
        fields = data.split()
        words = int(fields[3], 16)
        lemmas = tuple(word.replace("_", " ") for word in fields[4 : 4 + 2 * words : 2])
        tail = fields[5 + 2 * words :]
        pointers = tuple((tail[at], tail[at + 1]) for at in range(0, len(tail) - 3, 4) if tail[at + 2] == "n")
        yield Synset(fields[0], lemmas, pointers, gloss.strip())


def _senses(raw: bytes) -> dict[str, list[str]]:
    """Return the offsets of each lemma's synsets, most frequent first."""
    senses = {}
    for line in raw.decode("utf-8").split("\n"):
        if line and not line.startswith("  "):
            fields = line.split()
            senses[fields[0].replace("_", " ")] = fields[-int(fields[2]) :]
    return senses


def _rank(lemma: str, synset: Synset, senses: Mapping[str, list[str]]) -> int:
    offsets = senses.get(lemma.lower(), [])
    return offsets.index(synset.offset) + 1 if synset.offset in offsets else len(offsets) + 1


def _targets(synset: Synset, symbols: set[str]) -> tuple[str, ...]:
    return tuple(_iri(offset) for symbol, offset in synset.pointers if symbol in symbols)


def _iri(offset: str) -> str:
    return f"urn:cdkd:wordnet:{offset}-n"
