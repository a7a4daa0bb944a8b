"""What is in a graph, in numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from pyoxigraph import NamedNode

from cdkd_kg.entities.linking.names import fold
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
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for label in labels:
        meanings[fold(label.text)].add(label.iri)
    return {
        "name": graph.name,
        "revision": graph.revision,
        "quads": len(graph),
        "graphs": dict(sorted(graphs.items())),
        "concepts": len({label.iri for label in labels}),
        "names": len(labels),
        "ambiguous_names": sum(len(iris) > 1 for iris in meanings.values()),
        "documents": _count(graph, NIF.Context),
        "mentions": _count(graph, NIF.Phrase),
        "predicates": dict(predicates.most_common()),
    }


def _count(graph: KnowledgeGraph, kind: NamedNode) -> int:
    return len({quad.subject for quad in graph.holding(None, RDF.type, kind)})
