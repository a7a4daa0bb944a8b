"""Names of concepts, out of SKOS and RDFS labels."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from cdkd_kg.entities.linking.aliases import Kind, Label
from cdkd_kg.graph.iris import shown
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import OWL, RDF, RDFS, SKOS

MAX_CHARACTERS = 1000
_KINDS: tuple[tuple[NamedNode, Kind], ...] = (
    (SKOS.prefLabel, "preferred"),
    (RDFS.label, "preferred"),
    (SKOS.altLabel, "alternative"),
    (SKOS.hiddenLabel, "hidden"),
)
_NO_CONCEPTS = (
    RDF.Property, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, OWL.Ontology, SKOS.ConceptScheme,
)  # fmt: skip


def labels(graph: KnowledgeGraph, language: str = "en", concept: NamedNode | None = None) -> Iterator[Label]:
    """Yield what concepts are called, sorted.

    Labels in ``language`` (``en-GB`` is ``en``) and labels without a language count. Left out are blank labels,
    those over 1,000 characters, what is not a concept (properties, schemes), and deprecated or rejected ones.

    Args:
        graph: where the labels are.
        language: as in RDF, such as ``"en"``.
        concept: the only one whose names are wanted.
    """
    hidden = _not_concepts(graph, concept)
    yield from sorted(
        {
            Label(iri, text.value.strip(), kind)
            for predicate, kind in _KINDS
            for iri, text in _texts(graph, predicate, concept)
            if iri not in hidden and _is_name(text, language)
        }
    )


def preferred(graph: KnowledgeGraph, language: str = "en", concept: NamedNode | None = None) -> dict[str, str]:
    """Return one name an IRI, or of one alone: a SKOS label before an RDFS one, then the first in sorted order."""
    names: dict[str, str] = {}
    for predicate in (SKOS.prefLabel, RDFS.label):
        texts = _texts(graph, predicate, concept)
        found = sorted((iri, text.value.strip()) for iri, text in texts if _is_name(text, language))
        for iri, text in found:
            names.setdefault(iri, text)
    return names


def display_name(graph: KnowledgeGraph, iri: str) -> str:
    """Return what an IRI is called; without a name the last part of it."""
    return preferred(graph, concept=NamedNode(iri)).get(iri) or shown(iri)


def called(graph: KnowledgeGraph, name: str, language: str = "en") -> list[str]:
    """Return the IRIs of the concepts that have a name, written just so, sorted."""
    texts = (Literal(name), Literal(name, language=language))
    found = {
        quad.subject
        for predicate, _ in _KINDS
        for text in texts
        for quad in graph.holding(None, predicate, text)
        if isinstance(quad.subject, NamedNode)
    }
    return sorted(node.value for node in found if node.value not in _not_concepts(graph, node))


def is_in(text: Literal, language: str) -> bool:
    """Say whether a text is in a language (``en-GB`` is ``en``), or in none in particular."""
    return (text.language or language).partition("-")[0] == language


def _texts(graph: KnowledgeGraph, predicate: NamedNode, concept: NamedNode | None) -> Iterator[tuple[str, Literal]]:
    for quad in graph.holding(concept, predicate):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
            yield quad.subject.value, quad.object


def _is_name(text: Literal, language: str) -> bool:
    return is_in(text, language) and 0 < len(text.value.strip()) <= MAX_CHARACTERS


def _not_concepts(graph: KnowledgeGraph, concept: NamedNode | None) -> set[str]:
    found = {quad.subject for kind in _NO_CONCEPTS for quad in graph.holding(concept, RDF.type, kind)}
    deprecated = graph.store.match(concept, OWL.deprecated, Literal(True), None)
    found |= {quad.subject for quad in deprecated if quad.graph_name != graph.rejected}
    return {node.value for node in found if isinstance(node, NamedNode)}
