"""What the names of labels speak of: the concepts of the graph that a class of documents is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from cdkd_kg.config import TaskConfig
from cdkd_kg.entities.linking.aliases import Label
from cdkd_kg.entities.linking.names import content_words, name_words
from cdkd_kg.graph.iris import checked_iri

_COORDINATED = re.compile(r"\s*(?:,|;|/|\band\b|\bor\b|&)\s*")
Words = tuple[str, ...]
Concepts = dict[str, dict[str, list[str]]]
"""IRIs by task and label."""


def label_concepts(names: Iterable[Label], tasks: Mapping[str, TaskConfig]) -> Concepts:
    """Return the IRIs, sorted, of the concepts of every label, by task and label.

    They are those that the configuration gives for the label; else those that are called what it is called, word for
    word but for number, in any order; else, of a name such as "skin and connective tissue diseases", those that are
    called what a part is called, with the last word ("skin diseases") or without.

    Args:
        names: what the concepts of the graph are called.
        tasks: the label spaces.
    """
    index: dict[Words, set[str]] = {}
    for name in names:
        index.setdefault(_key(name.text), set()).add(name.iri)
    return {
        task: {label: sorted(_concepts(label, about, index)) for label in about.labels}
        for task, about in sorted(tasks.items())
    }


def _concepts(label: str, about: TaskConfig, index: Mapping[Words, set[str]]) -> set[str]:
    if given := about.concepts.get(label):
        return {checked_iri(iri).value for iri in given}
    name = label.replace("_", " ")
    if whole := index.get(_key(name)):
        return whole
    found: set[str] = set()
    for ways in _parts(name):
        found |= next((index[_key(way)] for way in ways if _key(way) in index), set())
    return found


def _parts(name: str) -> Iterator[tuple[str, ...]]:
    """Yield each part of a coordinated name in the ways it may be meant, the likeliest first.

    Example:
        >>> list(_parts("eye and ear diseases"))
        [('eye diseases', 'eye'), ('ear diseases',)]
    """
    parts = [part for part in _COORDINATED.split(name) if part]
    if len(parts) > 1:
        head = parts[-1].split()[-1]
        for part in parts[:-1]:
            yield f"{part} {head}", part
        yield (parts[-1],)


def _key(name: str) -> Words:
    return tuple(sorted(map(_singular, content_words(name_words(name)))))


def _singular(word: str) -> str:
    """Return a form that most words share with their plural; it need not be a word."""
    if len(word) <= 3 or word.endswith(("ss", "us", "is")):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")
