"""Mappings to other vocabularies: triples such as ``a skos:exactMatch b``, each with a node that says where it is from.

The node has a type of its own, ``sssom:Mapping``, and the slots of SSSOM as properties. It lies in the vocabulary also
when the mapping is negated: what is rejected is the triple, while it does hold that somebody said so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, Quad, Triple

from cdkd_kg.artifacts import sha256_text
from cdkd_kg.graph.iris import BLANK, statement_iri
from cdkd_kg.graph.namespaces import OWL, RDF, SEMAPV, SKOS, SSSOM
from cdkd_kg.graph.sssom.slots import IRIS, SLOTS, TRIPLE

if TYPE_CHECKING:
    from cdkd_kg.graph.knowledge_graph import KnowledgeGraph

Value = NamedNode | Literal
NEGATED = Literal("Not")
MATCHES = (
    SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch, SKOS.mappingRelation,
    OWL.sameAs, OWL.equivalentClass, OWL.equivalentProperty,
)  # fmt: skip
"""Predicates that make a triple a mapping also where no node says so."""
_SAID = tuple(slot for slot in SLOTS if slot not in TRIPLE)
_ENDS = (RDF.subject, RDF.predicate, RDF.object)


@dataclass(frozen=True)
class Record:
    """A mapping, and what is said of it.

    Attributes:
        triple: of IRIs.
        slots: the other slots of SSSOM that are given, by name; both they and their values are sorted.
    """

    triple: Triple
    slots: tuple[tuple[str, tuple[Value, ...]], ...]

    @classmethod
    def of(cls, triple: Triple, slots: dict[str, set[Value]]) -> Record:
        """Return a record with its slots in order."""
        return cls(triple, tuple((slot, tuple(sorted(slots[slot], key=str))) for slot in sorted(slots) if slots[slot]))

    @property
    def negated(self) -> bool:
        """Whether it says that the triple does not hold."""
        return ("predicate_modifier", (NEGATED,)) in self.slots

    @property
    def unmatched(self) -> bool:
        """Whether it says that a vocabulary has no such term, which ties no two things."""
        return SSSOM.NoTermFound in (self.triple.subject, self.triple.object)

    @property
    def node(self) -> NamedNode:
        """The node that speaks of the triple: one for each thing said of it, so that sources are not mixed up."""
        said = "\n".join(f"{slot} {value}" for slot, values in self.slots for value in values)
        return NamedNode(f"{statement_iri(self.triple).value}:{sha256_text(said)[:16]}")


def mapping_quads(record: Record, vocabulary: NamedNode, rejected: NamedNode) -> Iterator[Quad]:
    """Yield the triple of a mapping, in ``rejected`` where it is negated, and the node that speaks of it."""
    ends = record.triple
    if not record.unmatched:
        yield Quad(ends.subject, ends.predicate, ends.object, rejected if record.negated else vocabulary)
    node = record.node
    for kind in (RDF.Statement, SSSOM.Mapping):
        yield Quad(node, RDF.type, kind, vocabulary)
    for predicate, end in zip(_ENDS, ends, strict=True):
        yield Quad(node, predicate, end, vocabulary)
    for slot, values in record.slots:
        for value in values:
            yield Quad(node, getattr(SSSOM, slot), value, vocabulary)


def mappings(graph: KnowledgeGraph) -> list[Record]:
    """Return the mappings of a graph that hold, and as negated ones those that were rejected.

    A triple of which no node speaks is a mapping if its predicate is one of ``MATCHES``; how it was found is
    unspecified then. What was said for a triple that is now rejected is left out.
    """
    records = list(_records(graph))
    predicates = {*MATCHES, *(record.triple.predicate for record in records)}
    holds = {quad.triple for predicate in predicates for quad in graph.holding(predicate=predicate)}
    rejected = {
        quad.triple for predicate in predicates for quad in graph.store.match(None, predicate, None, graph.rejected)
    }
    kept = [one for one in records if one.unmatched or one.triple in (rejected if one.negated else holds)]
    spoken = {record.triple for record in kept}
    bare: dict[str, set[Value]] = {"mapping_justification": {SEMAPV.UnspecifiedMatching}}
    negated: dict[str, set[Value]] = {**bare, "predicate_modifier": {NEGATED}}
    for found, slots in ((holds, bare), (rejected, negated)):
        kept += [Record.of(triple, slots) for triple in found - spoken if _is_match(triple)]
    return kept


def _records(graph: KnowledgeGraph) -> Iterator[Record]:
    """Yield the records of the nodes that speak of one triple."""
    nodes = {quad.subject for quad in graph.holding(None, RDF.type, SSSOM.Mapping)}
    ends: defaultdict[object, set[tuple[int, NamedNode]]] = defaultdict(set)
    for place, predicate in enumerate(_ENDS):
        for quad in graph.holding(predicate=predicate):
            if quad.subject in nodes and isinstance(quad.object, NamedNode):
                ends[quad.subject].add((place, quad.object))
    said: defaultdict[object, dict[str, set[Value]]] = defaultdict(dict)
    for slot in _SAID:
        for quad in graph.holding(predicate=getattr(SSSOM, slot)):
            if quad.subject in nodes and isinstance(quad.object, NamedNode if slot in IRIS else Literal):
                said[quad.subject].setdefault(slot, set()).add(quad.object)
    for node, found in ends.items():
        if len(found) == len(dict(found)) == len(_ENDS):
            triple = Triple(*(end for _, end in sorted(found, key=itemgetter(0))))
            yield Record.of(triple, {"mapping_justification": {SEMAPV.UnspecifiedMatching}, **said[node]})


def _is_match(triple: Triple) -> bool:
    """Say whether a triple is a mapping by itself: what OWL says of classes without a name is none."""
    ends = (triple.subject, triple.object)
    return triple.predicate in MATCHES and all(
        isinstance(end, NamedNode) and not end.value.startswith(BLANK) for end in ends
    )
