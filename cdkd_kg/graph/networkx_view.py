"""Entities and their relations for networkx."""

from __future__ import annotations

import re

import networkx

from cdkd_kg.graph.entities import entities
from cdkd_kg.graph.iris import local_name
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_networkx(graph: KnowledgeGraph) -> networkx.MultiDiGraph[str]:
    """Return entities as nodes and what holds between them as edges, ready for ``networkx.write_graphml``.

    Nodes are IRIs with ``label``, ``kind`` ("background" or "new") and ``documents``, how many mention them. The
    key of an edge is the IRI of its predicate; it has ``label``, the local name of that, and ``weight``:
    confidence, NPMI of co-mentions, or 1 for knowledge.
    """
    found = entities(graph)
    result: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(name=graph.name)
    for iri, label, kind, documents in zip(found.iris, found.labels, found.kinds, found.documents, strict=True):
        result.add_node(iri, label=_NOT_XML.sub("", label), kind=kind, documents=int(documents))
    ties = found.edges
    for source, target, kind, weight in zip(ties.source, ties.target, ties.kind, ties.weight, strict=True):
        predicate = ties.kinds[kind]
        ends = found.iris[source], found.iris[target]
        result.add_edge(*ends, key=predicate, label=local_name(predicate), weight=float(weight))
    return result
