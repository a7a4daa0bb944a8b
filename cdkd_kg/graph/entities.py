"""All entities of a graph, how many documents mention each, and what ties them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyoxigraph import NamedNode

from cdkd_kg.graph import view
from cdkd_kg.graph.edges import Edges, Ints, Numbering, edges
from cdkd_kg.graph.iris import local_name
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import preferred


@dataclass(frozen=True)
class Entities:
    """V entities and the edges between them.

    Attributes:
        iris: sorted.
        labels: ``[V]``, what they are called.
        kinds: ``[V]``, "background" (the vocabulary speaks of it) or "new" (read from text).
        documents: ``[V]``, how many documents mention each.
        edges: between places in ``iris``; the kinds are IRIs of predicates.
    """

    iris: list[str]
    labels: list[str]
    kinds: list[str]
    documents: Ints
    edges: Edges


def entities(graph: KnowledgeGraph) -> Entities:
    """Return what documents mention and what vocabulary or text relates."""
    links = view.links(graph)
    tables = [view.knowledge(graph), view.relations(graph), view.comentions(graph)]
    numbering = Numbering.of(links["o"], *(table[end] for table in tables for end in ("s", "o")))
    size = max(len(numbering), 1)
    pairs = np.unique(Numbering.of(links["s"]).numbers(links["s"]) * size + numbering.numbers(links["o"]))
    names = preferred(graph)
    return Entities(
        numbering.names,
        [names.get(iri, local_name(iri)) for iri in numbering.names],
        [kind_of(graph, iri) for iri in numbering.names],
        np.bincount(pairs % size, minlength=len(numbering)),
        Edges.joined([edges(table, numbering) for table in tables]),
    )


def kind_of(graph: KnowledgeGraph, iri: str) -> str:
    """Return "background" for an entity of which the vocabulary speaks, else "new"."""
    spoken_of = next(graph.store.match(NamedNode(iri), None, None, graph.vocabulary), None) is not None
    return "background" if spoken_of else "new"
