"""What a knowledge graph asks of the store that holds its quads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

Bound = NamedNode | Literal


class Pattern(NamedTuple):
    """The terms that a quad must have; None stands for any."""

    subject: NamedNode | None = None
    predicate: NamedNode | None = None
    target: Bound | None = None
    graph: NamedNode | None = None


@dataclass(frozen=True)
class Query:
    """A SPARQL 1.1 SELECT with what it is asked over; values are bound by the store, never spliced into the text.

    Attributes:
        text: a fixed SELECT.
        prefixes: short name -> IRI, as after PREFIX.
        graphs: the named graphs that together are the default graph.
        named: the graphs that ``GRAPH`` reaches.
        bindings: variable -> value; such a variable must be one that is selected.
    """

    text: str
    prefixes: Mapping[str, str] = field(default_factory=dict)
    graphs: tuple[NamedNode, ...] = ()
    named: tuple[NamedNode, ...] = ()
    bindings: Mapping[str, Bound] = field(default_factory=dict)


class GraphStore(ABC):
    """Quads of IRIs and literals in named graphs; every adapter passes the same contract tests.

    Numbers and dates of XSD may come back in their canonical form ("01" as "1"), as Oxigraph keeps them by value.
    A change is whole or not at all: what a method adds or removes is there when it returns, and where it raises,
    nothing has changed.
    """

    @abstractmethod
    def __len__(self) -> int:
        """Return how many quads there are."""

    def match(
        self,
        subject: NamedNode | None = None,
        predicate: NamedNode | None = None,
        target: Bound | None = None,
        graph: NamedNode | None = None,
    ) -> Iterator[Quad]:
        """Yield the quads that have the given terms, in no order; None stands for any."""
        return self.matching(Pattern(subject, predicate, target, graph))

    @abstractmethod
    def matching(self, pattern: Pattern) -> Iterator[Quad]:
        """Yield the quads that have the terms of a pattern, in no order."""

    @abstractmethod
    def named_graphs(self) -> list[NamedNode]:
        """Return the named graphs that hold a quad, sorted."""

    @abstractmethod
    def patch(self, removed: Iterable[Quad], added: Iterable[Quad]) -> None:
        """Remove quads, then add quads; what is not there cannot be removed, and what is there is not added twice."""

    def add(self, quads: Iterable[Quad]) -> None:
        """Add quads."""
        self.patch((), quads)

    def load_triples(self, source: BinaryIO, graph: NamedNode) -> None:
        """Add N-Triples that have been checked to a named graph.

        Raises:
            SyntaxError: they are no N-Triples.
        """
        self.add(
            Quad(quad.subject, quad.predicate, quad.object, graph) for quad in parse(source, format=RdfFormat.N_TRIPLES)
        )

    def load_quads(self, source: BinaryIO) -> None:
        """Add N-Quads that have been checked; what reading the source raises, it raises.

        Raises:
            SyntaxError: they are no N-Quads.
        """
        self.add(parse(source, format=RdfFormat.N_QUADS))

    @abstractmethod
    def select(self, query: Query) -> bytes:
        """Return the solutions as SPARQL 1.1 TSV: a line of variables, then one line a solution."""

    @abstractmethod
    def dump(self) -> bytes:
        """Return all quads as N-Quads, in no order."""

    def close(self) -> None:  # noqa: B027 - most stores have nothing to give back
        """Give back files, locks and connections; nothing is lost by not calling it."""
