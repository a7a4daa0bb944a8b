"""Decisions on mentions: the link is right, or wrong, or another one is, or it means something new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyoxigraph import Literal, NamedNode, Triple

from cdkd_kg.curation.names import checked_name, ever_said, name_of, need_entity, new_concept
from cdkd_kg.entities.linking.names import fold
from cdkd_kg.errors import ConfigError
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.iris import concept_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import ITSRDF, KD, NIF, RDF, SKOS

SURE = Literal(1.0)
"""How sure a link is that somebody made."""


def accept_link(graph: KnowledgeGraph, mentions: Sequence[NamedNode], entity: NamedNode) -> Draft:
    """Return the decision that mentions mean what they were taken to mean; what was new is an entity from now on.

    Raises:
        ConfigError: a mention or the entity is not there.
    """
    draft = link(graph, mentions, entity)._replace(kind="accept")
    if _new(graph, entity):
        return draft._replace(label=f"{_spoken(graph, mentions)} means something new, {name_of(graph, entity)}")
    return draft


def reject_link(graph: KnowledgeGraph, mentions: Sequence[NamedNode], entity: NamedNode) -> Draft:
    """Return the decision that mentions do not mean what they were taken to mean.

    Raises:
        ConfigError: a mention is not there.
    """
    rejects = tuple(Triple(mention, ITSRDF.taIdentRef, entity) for mention in _checked(graph, mentions))
    label = f"{_spoken(graph, mentions)} does not mean {name_of(graph, entity)}"
    return Draft("reject", label, _about(mentions), rejects=rejects)


def unsure(graph: KnowledgeGraph, mentions: Sequence[NamedNode]) -> Draft:
    """Return the decision that more must be known of mentions before they can be judged."""
    return Draft("unsure", f"unsure what {_spoken(graph, _checked(graph, mentions))} means", _about(mentions))


def link(graph: KnowledgeGraph, mentions: Sequence[NamedNode], entity: NamedNode) -> Draft:
    """Return the decision that mentions mean this entity, whatever they were linked to.

    Raises:
        ConfigError: a mention or the entity is not there.
    """
    accepts, rejects = _new(graph, need_entity(graph, entity)), list[Triple]()
    for mention in _checked(graph, mentions):
        _relink(graph, mention, entity, accepts, rejects)
    label = f"{_spoken(graph, mentions)} means {name_of(graph, entity)}"
    return Draft("link", label, _about(mentions), tuple(accepts), tuple(rejects))


def create(graph: KnowledgeGraph, mentions: Sequence[NamedNode], label: str) -> Draft:
    """Return the decision that mentions mean something that the graph did not have, called ``label``.

    Where they were taken to mean something new of that very name, that is right: there is no second one.

    Raises:
        ConfigError: a mention is not there, or the label is not one.
    """
    proposed = concept_iri(graph.name, fold(checked_name(label)))
    if {_linked(graph, mention) for mention in _checked(graph, mentions)} == {proposed}:
        return accept_link(graph, mentions, proposed)
    entity, accepts = new_concept(graph, label)
    types = {one.object for mention in _checked(graph, mentions) for one in _said(graph, mention, ITSRDF.taClassRef)}
    accepts += [Triple(entity, KD.entityType, kind) for kind in types if isinstance(kind, NamedNode)]
    rejects: list[Triple] = []
    for mention in mentions:
        _relink(graph, mention, entity, accepts, rejects)
    said = f"{_spoken(graph, mentions)} means something new, {checked_name(label)!r}"
    return Draft("create", said, _about(mentions), tuple(accepts), tuple(rejects))


def split(graph: KnowledgeGraph, entity: NamedNode, mentions: Sequence[NamedNode], label: str) -> Draft:
    """Return the decision that some mentions of an entity mean another one, which is new and called ``label``.

    Raises:
        ConfigError: the entity is not there, or one of the mentions is not linked to it.
    """
    need_entity(graph, entity)
    for mention in _checked(graph, mentions):
        if _linked(graph, mention) != entity:
            raise ConfigError(f"the mention does not mean {name_of(graph, entity)}", where=mention.value)
    made = create(graph, mentions, label)
    count = len(set(mentions))
    said = f"{'a mention' if count == 1 else f'{count:,} mentions'} of {name_of(graph, entity)} "
    said += f"{'means' if count == 1 else 'mean'} {checked_name(label)!r}"
    return made._replace(kind="split", label=said, about=(*made.about, entity.value))


def _relink(
    graph: KnowledgeGraph, mention: NamedNode, entity: NamedNode, accepts: list[Triple], rejects: list[Triple]
) -> None:
    """Add to a decision that a mention means an entity, for sure, and nothing else."""
    kept = [Triple(mention, ITSRDF.taIdentRef, entity), Triple(mention, ITSRDF.taConfidence, SURE)]
    accepts += kept
    for predicate in (ITSRDF.taIdentRef, ITSRDF.taConfidence, KD.nil):
        rejects += [one for one in ever_said(graph, mention, predicate) if one not in kept]


def _new(graph: KnowledgeGraph, entity: NamedNode) -> list[Triple]:
    """Return what is to be accepted of an entity that was only proposed: that it is a concept, and its names."""
    said = (SKOS.prefLabel, SKOS.altLabel, SKOS.inScheme, RDF.type, KD.entityType)
    settled = (graph.vocabulary, graph.accepted)
    if any(next(graph.store.match(entity, None, None, part), None) for part in settled):
        return []
    return [one for predicate in said for one in _said(graph, entity, predicate)]


def _said(graph: KnowledgeGraph, subject: NamedNode, predicate: NamedNode) -> Iterator[Triple]:
    yield from {quad.triple for quad in graph.holding(subject, predicate)}


def _linked(graph: KnowledgeGraph, mention: NamedNode) -> NamedNode | None:
    found = {one.object for one in _said(graph, mention, ITSRDF.taIdentRef) if isinstance(one.object, NamedNode)}
    return min(found, key=lambda node: node.value, default=None)


def _checked(graph: KnowledgeGraph, mentions: Sequence[NamedNode]) -> Sequence[NamedNode]:
    for mention in mentions:
        if next(graph.holding(mention, RDF.type, NIF.Phrase), None) is None:
            raise ConfigError("there is no such mention", where=mention.value)
    if not mentions:
        raise ConfigError("no mention is named", where="decide")
    return mentions


def _spoken(graph: KnowledgeGraph, mentions: Sequence[NamedNode]) -> str:
    anchors = {one.object for mention in mentions for one in _said(graph, mention, NIF.anchorOf)}
    names = sorted({repr(anchor.value) for anchor in anchors if isinstance(anchor, Literal)})
    count = len(set(mentions))
    return f"{', '.join(names[:3])}{f' and {len(names) - 3} more' * (len(names) > 3)}" + f" ({count:,} times)" * (
        count > 1
    )


def _about(mentions: Sequence[NamedNode]) -> tuple[str, ...]:
    return tuple(sorted({mention.value for mention in mentions}))
