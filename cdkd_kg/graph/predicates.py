"""Typed predicates: what a relation that was read from text is called, by the words of ``graphs/relations.ttl``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from cdkd_kg.entities.linking.facts import TYPE
from cdkd_kg.errors import GraphError
from cdkd_kg.graph.iris import RELATION, local_name, relation_iri
from cdkd_kg.graph.namespaces import KD, OWL, RDF, RDFS, SCHEMA, SKOS
from cdkd_kg.graph.parse import parse
from cdkd_kg.graph.shipped import shipped

_WORD = re.compile(r"[a-z]+(_[a-z]+)*")
Said = dict[NamedNode, list[NamedNode | BlankNode | Literal | Triple]]


class Predicate(NamedTuple):
    """A predicate, the words that express it, and where it holds.

    Attributes:
        iri: its IRI, under ``urn:cdkd:relation:``.
        label: what it is called.
        words: verbs and prepositions as the grammar forms them.
        patterns: the patterns of grammar that express it; empty for any.
        subjects: types of entities that it holds of; empty for any.
        objects: types of entities that it leads to; empty for any.
    """

    iri: str
    label: str
    words: frozenset[str]
    patterns: frozenset[str]
    subjects: frozenset[str]
    objects: frozenset[str]

    @property
    def bounds(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """Pattern, subject and object as it wants them."""
        return self.patterns, self.subjects, self.objects

    @property
    def narrowness(self) -> int:
        """How many of its bounds are set."""
        return sum(map(bool, self.bounds))

    def fits(self, *found: str) -> bool:
        """Say whether it holds for a pattern, a type of subject and a type of object."""
        return all(not wanted or one in wanted for wanted, one in zip(self.bounds, found, strict=True))


class Predicates:
    """Predicates by the words that express them, the narrowest first.

    Args:
        known: the predicates.
    """

    def __init__(self, known: Iterable[Predicate]) -> None:
        self.known = sorted(known, key=lambda one: (-one.narrowness, one.iri))
        self._labels = {one.iri: one.label for one in self.known}
        self._by_word: defaultdict[str, list[Predicate]] = defaultdict(list)
        for one in self.known:
            for word in one.words:
                self._by_word[word].append(one)

    def typed(self, word: str, pattern: str, subject: str, target: str) -> NamedNode:
        """Return the predicate that a word expresses between entities of two types.

        Args:
            word: verb, verb and preposition, or preposition, as :func:`cdkd_kg.entities.grammar.predicate_form` says.
            pattern: of grammar.
            subject: type of the mention that it says something of, such as ``"PERSON"``.
            target: type of the other mention.

        Returns:
            The first that fits, those with more bounds before those with fewer and then by IRI; where none does,
            ``urn:cdkd:relation:<word>``.
        """
        fitting = (one for one in self._by_word.get(word, ()) if one.fits(pattern, subject, target))
        first = next(fitting, None)
        return relation_iri(word) if first is None else NamedNode(first.iri)

    def label(self, iri: str) -> str:
        """Return what a predicate is called; one that is a mere word, by its words."""
        return self._labels.get(iri) or local_name(iri).replace("_", " ")


@cache
def predicates() -> Predicates:
    """Return the predicates of ``graphs/relations.ttl``."""
    return read_predicates(shipped("relations.ttl"))


def read_predicates(file: Path) -> Predicates:
    """Return the predicates of an RDF file.

    Raises:
        GraphError: one has no label or no word, or an IRI, a word or a type of another form; or a word expresses two
            of which neither has more bounds.
    """
    said = _by_subject(parse(file))
    found = [_predicate(node, said[node], file) for node in sorted(said, key=str) if _is_property(said[node])]
    for first, second in combinations(found, 2):
        _check_apart(first, second, file)
    return Predicates(found)


def _by_subject(quads: Iterator[Quad]) -> dict[NamedNode, Said]:
    said: defaultdict[NamedNode, Said] = defaultdict(lambda: defaultdict(list))
    for quad in quads:
        if isinstance(quad.subject, NamedNode):
            said[quad.subject][quad.predicate].append(quad.object)
    return said


def _is_property(said: Said) -> bool:
    return OWL.ObjectProperty in said.get(RDF.type, ())


def _predicate(node: NamedNode, said: Said, file: Path) -> Predicate:
    labels, words = _texts(said, RDFS.label), _texts(said, SKOS.altLabel)
    types = [
        {term.value if isinstance(term, NamedNode) else str(term) for term in said.get(name, ())}
        for name in (SCHEMA.domainIncludes, SCHEMA.rangeIncludes)
    ]
    if not node.value.startswith(RELATION):
        raise _refused(node.value, "its IRI is not one of relations", f"begin it with {RELATION}", file)
    if len(labels) != 1 or not words:
        raise _refused(node.value, "it has not one label, or no word", "give rdfs:label and skos:altLabel", file)
    if wrong := sorted(word for word in words if not _WORD.fullmatch(word)):
        raise _refused(node.value, f"{wrong[0]!r} is no word", "write lemmas as in take_over, without accents", file)
    if wrong := sorted(one for one in types[0] | types[1] if not one.startswith(TYPE)):
        raise _refused(node.value, f"{wrong[0]} is no type of entity", f"name it as {TYPE}ORG", file)
    subjects, objects = (frozenset(one.removeprefix(TYPE) for one in some) for some in types)
    return Predicate(node.value, next(iter(labels)), words, _texts(said, KD.pattern), subjects, objects)


def _texts(said: Said, name: NamedNode) -> frozenset[str]:
    return frozenset(term.value for term in said.get(name, ()) if isinstance(term, Literal))


def _check_apart(first: Predicate, second: Predicate, file: Path) -> None:
    """Refuse two predicates that a word could express alike."""
    shared = sorted(first.words & second.words)
    meet = all(not one or not other or one & other for one, other in zip(first.bounds, second.bounds, strict=True))
    if shared and meet and first.narrowness == second.narrowness:
        why = f"{shared[0]!r} expresses {second.iri}, too, between the same types"
        raise _refused(first.iri, why, "take the word from one of them, or bound one by types", file)


def _refused(iri: str, why: str, remedy: str, file: Path) -> GraphError:
    return GraphError(f"the predicate {iri} is refused", where=str(file), why=why, remedy=remedy)
