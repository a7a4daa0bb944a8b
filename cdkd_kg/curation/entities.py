"""Decisions on entities: two are one, one is called otherwise, one is no longer to be used."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Triple

from cdkd_kg.curation.names import checked_name, ever_said, name_of, need_entity
from cdkd_kg.errors import ConfigError
from cdkd_kg.graph.breaches import breach_iri
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.iris import statement_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import DCTERMS, ITSRDF, KD, OWL, RDF, RDFS, SKOS

_NAMES = (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel, RDFS.label)
_PREFERRED = {SKOS.prefLabel, RDFS.label}
_ITS_OWN = {RDF.type, SKOS.inScheme, SKOS.topConceptOf, KD.entityType, DCTERMS.isReplacedBy}
"""What stays with an entity that was merged into another."""
_OF_STATEMENTS = {RDF.subject, RDF.predicate, RDF.object, KD.candidate, SKOS.hasTopConcept}
_TRUE = Literal(True)


def merge(graph: KnowledgeGraph, loser: NamedNode, winner: NamedNode) -> Draft:
    """Return the decision that two entities are one: what one was called and tied to, the other is from now on.

    Nothing is deleted: the loser is deprecated and ``dcterms:isReplacedBy`` the winner, of which its names become
    alternative ones. What was read from text keeps its confidence.

    Raises:
        ConfigError: one of them is not there or deprecated, or they are the same.
    """
    if need_entity(graph, loser) == need_entity(graph, winner):
        raise ConfigError("an entity cannot be merged into itself", where=loser.value)
    known = {text.value for _, text in _named(graph, winner)}
    accepts, rejects = _replaced(loser, winner), list[Triple]()
    for _, text in _named(graph, loser):
        if text.value not in known:
            accepts.append(Triple(winner, SKOS.altLabel, text))
    for old in _ties(graph, loser):
        new = Triple(*(winner if end == loser else end for end in old))
        rejects.append(old)
        if new.subject != new.object:
            accepts += _as_sure(graph, old, new)
    label = f"{name_of(graph, loser)} is {name_of(graph, winner)}"
    return Draft("merge", label, (loser.value, winner.value), tuple(accepts), tuple(rejects))


def relabel(graph: KnowledgeGraph, entity: NamedNode, label: str, language: str = "") -> Draft:
    """Return the decision on what an entity is called; what it was called in that language is another name of it.

    Raises:
        ConfigError: the entity is not there, or the label is not one, or its name already.
    """
    need_entity(graph, entity)
    said = {one.object for one in ever_said(graph, entity, SKOS.prefLabel)}
    old = [one for one in said if isinstance(one, Literal) and (one.language or "en") == (language or "en")]
    old.sort(key=str)
    text = _text(label, language or next((one.language for one in old if one.language), ""))
    holding = {quad.object for quad in graph.holding(entity, SKOS.prefLabel)} & {*old, text}
    if holding == {text}:
        raise ConfigError(f"it is called {text.value!r} already", where=entity.value)
    old = [one for one in old if one != text]
    accepts = [Triple(entity, SKOS.prefLabel, text), *(Triple(entity, SKOS.altLabel, one) for one in old)]
    rejects = [Triple(entity, SKOS.prefLabel, one) for one in old]
    rejects += [quad.triple for quad in graph.holding(entity, SKOS.altLabel, text)]
    spoken = f"{name_of(graph, entity)} is called {text.value!r}"
    return Draft("relabel", spoken, (entity.value,), tuple(accepts), tuple(rejects))


def add_alias(graph: KnowledgeGraph, entity: NamedNode, label: str, language: str = "") -> Draft:
    """Return the decision that an entity has one more name.

    Raises:
        ConfigError: the entity is not there, or the label is not one, or a name of it already.
    """
    need_entity(graph, entity)
    text = _text(label, language)
    if text.value in {known.value for _, known in _named(graph, entity)}:
        raise ConfigError(f"it is called {text.value!r} already", where=entity.value)
    said = f"{name_of(graph, entity)} is also called {text.value!r}"
    return Draft("add alias", said, (entity.value,), (Triple(entity, SKOS.altLabel, text),))


def drop_alias(graph: KnowledgeGraph, entity: NamedNode, label: str) -> Draft:
    """Return the decision that an entity does not have a name, in whatever language.

    Raises:
        ConfigError: the entity is not there, it has no such name, no other one, or no other preferred one.
    """
    need_entity(graph, entity)
    label, names = checked_name(label), list(_named(graph, entity))
    gone = [Triple(entity, kind, text) for kind, text in names if text.value == label]
    left = {kind for kind, text in names if text.value != label}
    why = "" if gone and left else "it has no other name" if gone else "it has no such name"
    if not why and not left & _PREFERRED and {one.predicate for one in gone} & _PREFERRED:
        why = "it is what the entity is called; call it otherwise first"
    if why:
        raise ConfigError(f"{label!r} cannot be dropped", where=entity.value, why=why)
    said = f"{name_of(graph, entity)} is not called {label!r}"
    return Draft("drop alias", said, (entity.value,), rejects=tuple(gone))


def deprecate(graph: KnowledgeGraph, entity: NamedNode, instead: NamedNode | None = None) -> Draft:
    """Return the decision that an entity is no longer to be used; what mentions it means the other, or is open again.

    Raises:
        ConfigError: it, or what is to be used instead, is not there or deprecated.
    """
    need_entity(graph, entity)
    if instead is not None and need_entity(graph, instead) == entity:
        raise ConfigError("an entity cannot replace itself", where=entity.value)
    links = {quad.triple for quad in graph.holding(None, ITSRDF.taIdentRef, entity)}
    accepts, said = _replaced(entity, instead), f"{name_of(graph, entity)} is not used any more"
    if instead is not None:
        said += f", but {name_of(graph, instead)}"
        accepts += [Triple(link.subject, ITSRDF.taIdentRef, instead) for link in links]
    elif links:
        said += f"; what its mentions mean is open again ({len(links):,})"
    return Draft("deprecate", said, (entity.value,), tuple(accepts), tuple(links))


def keep(graph: KnowledgeGraph, entity: NamedNode, rule: str) -> Draft:
    """Return the decision that an entity stays as it is, although it breaks the rule that says ``rule``."""
    said = f"{name_of(graph, entity)} stays as it is, although {rule}"
    return Draft("accept", said, (breach_iri(entity.value, rule),))


def refuse_to_keep(graph: KnowledgeGraph, entity: NamedNode, rule: str) -> Draft:
    """Refuse to say of an entity that it breaks no rule.

    Raises:
        ConfigError: always.
    """
    raise ConfigError(
        f"{name_of(graph, entity)} breaks the rule whether it should or not: {rule}",
        where=entity.value,
        remedy="accept it as it is, or change the entity: relabel it, drop a name, merge or deprecate it",
    )


def unsure_of_entity(graph: KnowledgeGraph, entity: NamedNode, rule: str) -> Draft:
    """Return the decision that more must be known of an entity before it can be changed or kept."""
    said = f"unsure what to do about {name_of(graph, entity)}: {rule}"
    return Draft("unsure", said, (breach_iri(entity.value, rule),))


def _replaced(entity: NamedNode, by: NamedNode | None) -> list[Triple]:
    said = [Triple(entity, OWL.deprecated, _TRUE)]
    return said if by is None else [*said, Triple(entity, DCTERMS.isReplacedBy, by)]


def _named(graph: KnowledgeGraph, entity: NamedNode) -> Iterator[tuple[NamedNode, Literal]]:
    """Yield each name of an entity with the predicate that says it."""
    for predicate in _NAMES:
        for text in {quad.object for quad in graph.holding(entity, predicate)}:
            if isinstance(text, Literal):
                yield predicate, text


def _ties(graph: KnowledgeGraph, entity: NamedNode) -> set[Triple]:
    """Return what ties an entity to others, and mentions to it."""
    out = (quad for quad in graph.holding(entity) if isinstance(quad.object, NamedNode))
    into = (quad for quad in graph.holding(None, None, entity) if quad.predicate not in _OF_STATEMENTS)
    return {quad.triple for quads in (out, into) for quad in quads if quad.predicate not in _ITS_OWN}


def _as_sure(graph: KnowledgeGraph, old: Triple, new: Triple) -> list[Triple]:
    """Return what says of a new triple what was said of an old one.

    One that was only read from text, and has a node that says how sure it is, stays one of which that alone is said.
    """
    settled = (graph.vocabulary, graph.accepted)
    read = [quad for quad in graph.holding(statement_iri(old)) if quad.predicate not in (RDF.subject, RDF.object)]
    if not read or any(quad.graph_name in settled for quad in graph.holding(*_nodes(old))):
        return [new]
    node = statement_iri(new)
    said = [Triple(node, quad.predicate, quad.object) for quad in read]
    return [*said, Triple(node, RDF.subject, new.subject), Triple(node, RDF.object, new.object)]


def _nodes(triple: Triple) -> tuple[NamedNode | None, NamedNode, NamedNode | None]:
    ends = (end if isinstance(end, NamedNode) else None for end in (triple.subject, triple.object))
    subject, target = ends
    return subject, triple.predicate, target


def _text(label: str, language: str) -> Literal:
    try:
        return Literal(checked_name(label), language=language) if language else Literal(checked_name(label))
    except ValueError as error:
        raise ConfigError(f"{language!r} is no language", remedy="write en, de, pt-BR, or none") from error
