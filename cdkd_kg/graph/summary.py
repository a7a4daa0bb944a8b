"""What is in a graph, in numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import NIF, RDF


def summary(graph: KnowledgeGraph) -> dict[str, Any]:
    """Return how many quads, concepts, names, documents and mentions there are, and the predicates by frequency."""
    predicates: Counter[str] = Counter()
    graphs: Counter[str] = Counter()
    for quad in graph:
        predicates[quad.predicate.value] += 1
        graphs[str(quad.graph_name).strip("<>")] += 1
    labels = list(graph.labels())
    names = Counter(label.text.casefold() for label in labels)
    several = {label.text.casefold(): set[str]() for label in labels if names[label.text.casefold()] > 1}
    for label in labels:
        if label.text.casefold() in several:
            several[label.text.casefold()].add(label.iri)
    return {
        "name": graph.name,
        "revision": graph.revision,
        "quads": len(graph),
        "graphs": dict(sorted(graphs.items())),
        "concepts": len({label.iri for label in labels}),
        "names": len(labels),
        "ambiguous_names": sum(len(iris) > 1 for iris in several.values()),
        "documents": _count(graph, NIF.Context),
        "mentions": _count(graph, NIF.Phrase),
        "predicates": dict(predicates.most_common()),
    }


def _count(graph: KnowledgeGraph, kind: Any) -> int:
    return len({quad.subject for name in graph.visible() for quad in graph.store.match(None, RDF.type, kind, name)})
