"""Decisions on relations between entities: one holds, does not hold, or is another."""

from __future__ import annotations

from pyoxigraph import NamedNode, Triple

from cdkd_kg.curation.names import name_of, need_entity
from cdkd_kg.errors import ConfigError
from cdkd_kg.graph import view
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.iris import check_scheme, statement_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import PREFIXES


def accept_relation(graph: KnowledgeGraph, triple: Triple) -> Draft:
    """Return the decision that a relation holds, which is knowledge from now on; also one that others rejected.

    Raises:
        ConfigError: nobody ever said it.
    """
    return Draft("accept", _spoken(graph, _needed(graph, triple)), _about(triple), (triple,))


def reject_relation(graph: KnowledgeGraph, triple: Triple) -> Draft:
    """Return the decision that a relation does not hold, whoever says it.

    Raises:
        ConfigError: the graph does not say it.
    """
    label = f"it is not so that {_spoken(graph, _needed(graph, triple))}"
    return Draft("reject", label, _about(triple), rejects=(triple,))


def unsure_of_relation(graph: KnowledgeGraph, triple: Triple) -> Draft:
    """Return the decision that more must be known of a relation before it can be judged."""
    return Draft("unsure", f"unsure whether {_spoken(graph, _needed(graph, triple))}", _about(triple))


def add_relation(graph: KnowledgeGraph, triple: Triple) -> Draft:
    """Return the decision that a relation holds which nobody had said.

    Raises:
        ConfigError: the graph says it, or one of its ends is not there.
    """
    if next(graph.holding(*_ends(graph, triple)), None) is not None:
        raise ConfigError(
            "the graph says this already", where=_spoken(graph, triple), why="it is known, so nothing is to be decided"
        )
    return Draft("add relation", _spoken(graph, triple), _about(triple), (triple,))


def change_relation(graph: KnowledgeGraph, old: Triple, new: Triple) -> Draft:
    """Return the decision that a relation is another.

    Raises:
        ConfigError: the graph does not say the old one, the two are the same, or one of the new ends is not there.
    """
    if old == new:
        raise ConfigError("nothing would change", where=_spoken(graph, old))
    _ends(graph, new)
    label = f"not: {_spoken(graph, _needed(graph, old))}; but: {_spoken(graph, new)}"
    return Draft("change relation", label, (*_about(old), *_about(new)), (new,), (old,))


def _needed(graph: KnowledgeGraph, triple: Triple) -> Triple:
    said, read = graph.store.match(*_nodes(triple)), graph.holding(statement_iri(triple))
    if next(said, None) is None and next(read, None) is None:
        raise ConfigError("the graph does not say this", where=str(triple), why="it was read from no text either")
    return triple


def _ends(graph: KnowledgeGraph, triple: Triple) -> tuple[NamedNode, NamedNode, NamedNode]:
    subject, predicate, target = _nodes(triple)
    check_scheme(predicate.value, "relation")
    if not view.is_relation(predicate.value) or predicate.value in PREFIXES.values():
        raise ConfigError(
            "this ties no two things to each other",
            where=predicate.value,
            why="it says what something is called, what it is replaced by, or what a text says",
            remedy="relabel, add a name, merge, deprecate or link instead",
        )
    return need_entity(graph, subject), predicate, need_entity(graph, target)


def _nodes(triple: Triple) -> tuple[NamedNode, NamedNode, NamedNode]:
    match (triple.subject, triple.predicate, triple.object):
        case (NamedNode() as subject, NamedNode() as predicate, NamedNode() as target):
            return subject, predicate, target
    raise ConfigError("a relation is between two entities", where=str(triple))


def _spoken(graph: KnowledgeGraph, triple: Triple) -> str:
    return " ".join(name_of(graph, node) for node in _nodes(triple))


def _about(triple: Triple) -> tuple[str, ...]:
    return (statement_iri(triple).value,)
