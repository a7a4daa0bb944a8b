"""A knowledge graph as the ``HeteroData`` that the graph teacher reads."""

from __future__ import annotations

import logging

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from cdkd_kg.config import GraphConfig
from cdkd_kg.graph import view
from cdkd_kg.graph.edges import Edges, Ints, Numbering, edges
from cdkd_kg.graph.facts import definitions
from cdkd_kg.graph.iris import local_name
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import preferred
from cdkd_kg.graph.namespaces import DCTERMS, RDFS, SKOS
from cdkd_kg.graph.selection import linking, neighbourhood, tf_idf

logger = logging.getLogger(__name__)

DOCUMENT, ENTITY = "document", "entity"
MENTIONS = (DOCUMENT, "mentions", ENTITY)
RARE, RELATED_BY_TEXT = 20, "related_by_text"
MOST, RELATED = 200, "related"
"""So many predicates of background knowledge are edge types of their own; each costs every network time and weights."""
_KNOWN = {node.value for node in (DCTERMS.subject, SKOS.broader, SKOS.related, SKOS.exactMatch, RDFS.subClassOf)}
_RESERVED = {"mentions", "similar", "comention", *map(local_name, _KNOWN)}


def to_tensors(graph: KnowledgeGraph, config: GraphConfig) -> HeteroData:
    """Return documents, the entities that link them, the background knowledge above these, and typed edges.

    Args:
        graph: what to read; what was rejected does not count.
        config: the bounds on linking entities, and how many hops knowledge is followed.

    Returns:
        Node types ``document`` and ``entity``; ``data["document"].ids`` are document identifiers and
        ``data["entity"].ids`` are IRIs, both sorted; ``data["entity"].label`` are their names and
        ``data["entity"].definition`` what defines them, "" where nothing does. Edge types
        ``("document", "mentions", "entity")``, there even where it is empty, and ``("entity", <predicate>,
        "entity")``, each with ``edge_index`` ``[2, E]`` and ``edge_weight`` ``[E]`` in [0, 1], sorted, without reverse
        edges. Mentions weigh as :func:`~cdkd_kg.graph.selection.tf_idf` says, relations from text their
        confidence, co-mentions their NPMI, knowledge 1. Predicates of fewer than 20 relations from text are
        folded into ``related_by_text``, those of knowledge beyond the 200 commonest into ``related``.
    """
    documents = view.documents(graph)
    ids = [identifier for identifier, _ in documents]
    known, links = view.knowledge(graph), view.links(graph)
    entities = Numbering.of(links["o"], known["s"], known["o"])
    document = Numbering([iri for _, iri in documents]).numbers(links["s"])
    entity, confidence = entities.numbers(links["o"]), links["w"].to_numpy()
    there = document >= 0
    rows, columns, weight = tf_idf(document[there], entity[there], confidence[there], len(ids))
    linked = linking(np.bincount(columns, minlength=len(entities)), len(ids), config)
    if not linked.any():
        logger.warning("no entity links documents: the graph has %d documents and no edge", len(ids))
    background = edges(known, entities)
    chosen = neighbourhood(linked, background, config.hops)
    place = np.cumsum(chosen) - 1
    kept = linked[columns]
    data = _nodes(graph, ids, [entities.names[number] for number in np.flatnonzero(chosen)])
    _set_edges(data, MENTIONS, rows[kept], place[columns[kept]], weight[kept])
    families = _families(
        background, edges(view.relations(graph), entities), edges(view.comentions(graph), entities), chosen
    )
    for number in np.unique(families.kind):
        family, name = families.where(families.kind == number), families.kinds[number]
        _set_edges(data, (ENTITY, name, ENTITY), place[family.source], place[family.target], family.weight)
    return data


def _nodes(graph: KnowledgeGraph, documents: list[str], entities: list[str]) -> HeteroData:
    data = HeteroData()
    data[DOCUMENT].ids, data[DOCUMENT].num_nodes = documents, len(documents)
    data[ENTITY].ids, data[ENTITY].num_nodes = entities, len(entities)
    labels = preferred(graph)
    defined = definitions(graph)
    data[ENTITY].label = [labels.get(iri) or local_name(iri).replace("_", " ") for iri in entities]
    data[ENTITY].definition = [defined.get(iri, "") for iri in entities]
    return data


def _families(background: Edges, from_text: Edges, together: Edges, chosen: NDArray[np.bool_]) -> Edges:
    """Return the edges between chosen entities, called by their edge types."""
    background, from_text, together = (
        part.where(chosen[part.source] & chosen[part.target]) for part in (background, from_text, together)
    )
    count = np.bincount(from_text.kind, minlength=len(from_text.kinds))
    common = _most_common(background)
    return Edges.joined(
        [
            background.renamed([_name(iri, RELATED) if iri in common else RELATED for iri in background.kinds]),
            from_text.renamed(
                [
                    _name(iri, RELATED_BY_TEXT) if number >= RARE else RELATED_BY_TEXT
                    for iri, number in zip(from_text.kinds, count, strict=True)
                ]
            ),
            together.renamed(["comention"] * len(together.kinds)),
        ]
    )


def _most_common(edges: Edges) -> set[str]:
    """Return those of SKOS and RDFS, then the predicates of most edges; of equals, those that sort first."""
    count = np.bincount(edges.kind, minlength=len(edges.kinds)).tolist()
    ordered = sorted(zip(edges.kinds, count, strict=True), key=lambda one: (one[0] not in _KNOWN, -one[1], one[0]))
    return {iri for iri, _ in ordered[:MOST]}


def _name(iri: str, otherwise: str) -> str:
    """Return the local name of a predicate, or ``otherwise`` where that means something else here."""
    name = local_name(iri)
    return otherwise if name in _RESERVED and iri not in _KNOWN else name


def _set_edges(
    data: HeteroData, kind: tuple[str, str, str], source: Ints, target: Ints, weight: NDArray[np.float64]
) -> None:
    data[kind].edge_index = torch.from_numpy(np.stack([source, target]).astype(np.int64))
    data[kind].edge_weight = torch.from_numpy(np.clip(weight, 0, 1).astype(np.float32))
