"""A small part of the graph that a person can look at."""

from __future__ import annotations

from typing import Any

import numpy as np

from cdkd_kg.graph.entities import entities as all_entities
from cdkd_kg.graph.iris import local_name
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph


def most_linked(graph: KnowledgeGraph, entities: int = 12) -> dict[str, list[dict[str, Any]]]:
    """Return the entities that most documents mention, and what ties them to each other.

    Args:
        graph: where they are.
        entities: how many at most; ties are broken by IRI.

    Returns:
        ``{"nodes": [{"id", "label", "kind", "documents"}], "edges": [{"source", "target", "label"}]}``.
    """
    found = all_entities(graph)
    order = np.argsort(-found.documents, kind="stable")[:entities]
    chosen = [int(place) for place in order if found.documents[place]]
    nodes = [
        {
            "id": found.iris[place],
            "label": found.labels[place],
            "kind": found.kinds[place],
            "documents": int(found.documents[place]),
        }
        for place in chosen
    ]
    ties = found.edges.where(np.isin(found.edges.source, chosen) & np.isin(found.edges.target, chosen))
    edges = [
        {"source": found.iris[source], "target": found.iris[target], "label": local_name(ties.kinds[kind])}
        for source, target, kind in zip(ties.source, ties.target, ties.kind, strict=True)
    ]
    return {"nodes": nodes, "edges": edges}
