"""Names of entities as people write and read them."""

from __future__ import annotations

from collections.abc import Mapping

from pyoxigraph import Literal, NamedNode, Triple

from cdkd_kg.entities.linking.names import fold
from cdkd_kg.errors import ConfigError
from cdkd_kg.graph.iris import GRAPH, check_scheme, concept_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import MAX_CHARACTERS, display_name
from cdkd_kg.graph.namespaces import DCTERMS, OWL, RDF, SKOS


def name_of(graph: KnowledgeGraph, entity: NamedNode) -> str:
    """Return what an entity is called, in quotes; without a name the end of its IRI."""
    return repr(display_name(graph, entity.value))


def checked_name(text: str) -> str:
    """Return a name without the spaces around it.

    Raises:
        ConfigError: nothing is left, or more than 1,000 characters, or a character that cannot be printed.
    """
    text = " ".join(text.split())
    if not 0 < len(text) <= MAX_CHARACTERS or not text.isprintable():
        raise ConfigError(
            "this is no name",
            where=repr(text[:50]),
            why=f"a name has 1 to {MAX_CHARACTERS:,} characters that can be seen",
        )
    return text


def need_entity(graph: KnowledgeGraph, entity: NamedNode) -> NamedNode:
    """Return an entity that can be spoken of.

    Raises:
        ConfigError: nothing is said of it, or it was deprecated.
    """
    if next(graph.holding(entity), None) is None:
        raise ConfigError(
            "the graph says nothing of this entity", where=entity.value, remedy="create it, or look again"
        )
    if next(graph.holding(entity, OWL.deprecated, Literal(True)), None) is not None:
        raise ConfigError(
            f"{name_of(graph, entity)} is deprecated", where=entity.value, remedy="take what it was replaced by"
        )
    return entity


def replaced(graph: KnowledgeGraph) -> dict[str, str | None]:
    """Return what is to be used in place of each deprecated entity, and None where there is nothing that is in use."""
    instead: dict[str, str | None] = {
        quad.subject.value: None
        for quad in graph.holding(None, OWL.deprecated, Literal(True))
        if isinstance(quad.subject, NamedNode)
    }
    for quad in graph.holding(None, DCTERMS.isReplacedBy):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode) and quad.subject.value in instead:
            instead[quad.subject.value] = quad.object.value
    return {iri: _last(iri, instead) for iri in instead}


def _last(iri: str, instead: Mapping[str, str | None]) -> str | None:
    seen, now = {iri}, instead[iri]
    while now is not None and now in instead:
        if now in seen:
            return None
        seen.add(now)
        now = instead[now]
    return now


def ever_said(graph: KnowledgeGraph, subject: NamedNode, predicate: NamedNode) -> list[Triple]:
    """Return what the graph would say of a subject if nothing were rejected.

    Who decides that one thing holds of several that could rejects all of these: what an earlier decision rejects would
    come back when that one is undone.
    """
    found = {quad.triple for name in graph.visible() for quad in graph.store.match(subject, predicate, None, name)}
    return sorted(found, key=str)


def new_concept(graph: KnowledgeGraph, label: str) -> tuple[NamedNode, list[Triple]]:
    """Return the IRI of a concept that is to be, and what makes it one.

    Raises:
        ConfigError: the label is not one.
    """
    label, scheme = checked_name(label), NamedNode(GRAPH + graph.name)
    entity, number = concept_iri(graph.name, fold(label)), 1
    while next(graph.store.match(entity), None) is not None:  # also where it was only proposed, or rejected
        number += 1
        entity = concept_iri(graph.name, f"{fold(label)} {number}")
    check_scheme(entity.value)
    return entity, [
        Triple(entity, RDF.type, SKOS.Concept),
        Triple(entity, SKOS.inScheme, scheme),
        Triple(entity, SKOS.prefLabel, Literal(label)),
        Triple(scheme, RDF.type, SKOS.ConceptScheme),
    ]
