"""Decisions as PROV-O, in the named graph of decisions or in a file of sorted N-Quads, and back."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Quad, Triple

from cdkd_kg.artifacts import write_bytes
from cdkd_kg.errors import ConfigError, GraphError
from cdkd_kg.graph.decisions.decision import KINDS, Decision, Draft
from cdkd_kg.graph.iris import check_scheme
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import KD, PROV, RDF, RDFS, XSD
from cdkd_kg.graph.terms import triple_of

FILE = "decisions.nq"
"""In a graph's folder, where git sees it."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z")
_AHEAD = timedelta(days=1)
"""How far the clock of another computer may be ahead of ours."""
_DECISION, _PERSON = "urn:cdkd:decision:", "urn:cdkd:person:"
Said = dict[NamedNode, dict[NamedNode, list[NamedNode | Literal]]]


def decision_quads(decision: Decision, graph: NamedNode) -> Iterator[Quad]:
    """Yield what there is to say of a decision, of who took it, and of the triples that it accepts and rejects.

    A triple is a literal that has it as N-Triples, one line in the file, so that git shows what was decided.
    """
    node, what = decision_iri(decision.id), decision.what
    person = NamedNode(_PERSON + quote(decision.who, safe=""))
    said: list[tuple[NamedNode, NamedNode, NamedNode | Literal]] = [
        (node, RDF.type, KD.Decision),
        (node, RDF.type, PROV.Activity),
        (node, KD.verdict, Literal(what.kind)),
        (node, RDFS.label, Literal(what.label)),
        (node, PROV.wasAssociatedWith, person),
        (node, PROV.endedAtTime, Literal(decision.at, datatype=XSD.dateTime)),
        (person, RDF.type, PROV.Person),
        (person, RDFS.label, Literal(decision.who)),
        *((node, PROV.used, NamedNode(iri)) for iri in what.about),
    ]
    if decision.why:
        said.append((node, RDFS.comment, Literal(decision.why)))
    for predicate, other in ((PROV.wasInformedBy, decision.base), (KD.undoes, what.undoes)):
        if other:
            said.append((node, predicate, decision_iri(other)))
    for predicate, triples in ((KD.accepts, what.accepts), (KD.rejects, what.rejects)):
        said += [(node, predicate, Literal(str(triple), datatype=KD.triple)) for triple in triples]
    yield from (Quad(*one, graph) for one in said)


def decision_iri(name: str) -> NamedNode:
    """Return the IRI of the decision with an id."""
    return NamedNode(_DECISION + name)


def decisions_of(quads: Iterable[Quad], where: str) -> list[Decision]:
    """Return the decisions that quads tell of.

    Args:
        quads: as :func:`decision_quads` makes them; what else they say does not count.
        where: they come from, for the message.

    Raises:
        GraphError: one is not whole, or not what its id is the digest of.
    """
    said: Said = defaultdict(lambda: defaultdict(list))
    for quad in quads:
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
            said[quad.subject][quad.predicate].append(quad.object)
    nodes = [node for node, mine in said.items() if KD.Decision in mine.get(RDF.type, ())]
    return [_decision(node, said, where) for node in sorted(nodes, key=lambda node: node.value)]


def read_decisions(path: Path) -> list[Decision]:
    """Return the decisions of a file.

    Raises:
        GraphError: it is refused.
    """
    return decisions_of(KnowledgeGraph.load(path), str(path))


def write_decisions(decisions: Iterable[Decision], graph: KnowledgeGraph, path: Path) -> None:
    """Write sorted N-Quads, so that git shows what was decided since as lines that were added."""
    file = KnowledgeGraph(graph.name)
    file.add_own(quad for decision in decisions for quad in decision_quads(decision, file.decisions))
    write_bytes(path, file.to_bytes())


def _decision(node: NamedNode, said: Said, where: str) -> Decision:
    mine = said[node]

    def values(predicate: NamedNode) -> list[str]:
        return sorted({term.value for term in mine.get(predicate, ())})

    def one(predicate: NamedNode, *, needed: bool = True) -> str:
        found = values(predicate)
        if len(found) > 1 or (needed and not found):
            raise _broken(node, where, f"it has {len(found)} times {predicate.value}")
        return found[0] if found else ""

    people = {name.value for person in mine.get(PROV.wasAssociatedWith, ()) for name in _names(person, said)}
    kind = next((known for known in KINDS if known == one(KD.verdict)), None)
    if kind is None or len(people) != 1:
        raise _broken(node, where, "its verdict or who took it is not known")
    accepts, rejects = (
        tuple(_triple(said_of.value, node, where) for said_of in mine.get(predicate, ()))
        for predicate in (KD.accepts, KD.rejects)
    )
    undoes, base = (
        one(predicate, needed=False).removeprefix(_DECISION) for predicate in (KD.undoes, PROV.wasInformedBy)
    )
    what = Draft(kind, one(RDFS.label), tuple(values(PROV.used)), accepts, rejects, undoes)
    found = Decision(
        what, people.pop(), _time(one(PROV.endedAtTime), node, where), one(RDFS.comment, needed=False), base
    )
    found = Decision.of_record(found.record())
    if decision_iri(found.id) != node:
        raise _broken(node, where, "it is not what its id is the digest of: something in it was changed")
    return found


def _time(at: str, node: NamedNode, where: str) -> str:
    """Return a time that others can be later than; one that is not would be in the log for ever."""
    if not _TIME.fullmatch(at):
        raise _broken(node, where, f"{at!r} is no time in UTC, such as 2026-01-31T12:00:00.5Z")
    try:
        ahead = datetime.fromisoformat(at) - datetime.now(UTC)
    except ValueError as error:
        raise _broken(node, where, str(error)) from error
    if ahead > _AHEAD:
        raise _broken(node, where, f"{at} has not come yet")
    return at


def _names(person: NamedNode | Literal, said: Said) -> list[NamedNode | Literal]:
    return said[person].get(RDFS.label, []) if isinstance(person, NamedNode) and person in said else []


def _triple(text: str, node: NamedNode, where: str) -> Triple:
    try:
        triple = triple_of(text)
    except ConfigError as error:
        raise _broken(node, where, str(error)) from error
    for term in triple:
        if isinstance(term, NamedNode):
            check_scheme(term.value, where)
        elif not isinstance(term, Literal):
            raise _broken(node, where, "a triple of it is not of IRIs and literals")
    return triple


def _broken(node: NamedNode, where: str, why: str) -> GraphError:
    return GraphError(
        "a decision is not as it was written",
        where=f"{where}, {node.value}",
        why=why,
        remedy="take the file from git again; decisions are undone by `cdkd curate undo`, not by editing",
    )
