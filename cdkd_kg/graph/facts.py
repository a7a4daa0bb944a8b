"""What a graph says of its concepts beside their names, for the linker."""

from __future__ import annotations

from collections import defaultdict

from pyoxigraph import Literal, NamedNode

from cdkd_kg.entities.linking.facts import Facts
from cdkd_kg.graph import view
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import is_in
from cdkd_kg.graph.namespaces import KD, OWL, RDF, RDFS, SKOS

MOST_NEIGHBOURS = 50
"""What more concepts are tied to says too little of any one of them."""
_INSTANCE_OF = (RDF.type, KD.entityType, NamedNode("http://www.wikidata.org/prop/direct/P31"))
_NO_CLASS = {SKOS.Concept, OWL.Class, RDFS.Class, OWL.NamedIndividual}


def facts(graph: KnowledgeGraph, language: str = "en") -> Facts:
    """Return classes, definitions in a language, and neighbours of the concepts of a graph, by IRI."""
    return Facts(classes(graph), definitions(graph, language=language), _neighbours(graph))


def classes(graph: KnowledgeGraph, concept: NamedNode | None = None) -> dict[str, tuple[str, ...]]:
    """Return the classes of every concept that has any, or of one alone."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for predicate in _INSTANCE_OF:
        for quad in graph.holding(concept, predicate):
            subject, name = quad.subject, quad.object
            if isinstance(subject, NamedNode) and isinstance(name, NamedNode) and name not in _NO_CLASS:
                found[subject.value].add(name.value)
    return {iri: tuple(sorted(found[iri])) for iri in sorted(found)}


def definitions(graph: KnowledgeGraph, concept: NamedNode | None = None, language: str = "en") -> dict[str, str]:
    """Return the definition of every concept that has one, or of one alone."""
    found: dict[str, str] = {}
    for predicate in (SKOS.definition, RDFS.comment):
        for quad in graph.holding(concept, predicate):
            subject, text = quad.subject, quad.object
            if isinstance(subject, NamedNode) and isinstance(text, Literal) and is_in(text, language):
                found[subject.value] = min(found.get(subject.value, text.value), text.value)
    return found


def _neighbours(graph: KnowledgeGraph) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    table = view.knowledge(graph)
    for subject, target in zip(table["s"].to_pylist(), table["o"].to_pylist(), strict=True):
        found[subject].add(target)
        found[target].add(subject)
    return {iri: frozenset(near) for iri, near in found.items() if len(near) <= MOST_NEIGHBOURS}
