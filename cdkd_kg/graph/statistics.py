"""Numbers about a graph for the report: mentions, links, NIL, coverage, edges by family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc
from torch_geometric.data import HeteroData

from cdkd_kg.entities.tables import Extraction

FEW = 0.1


def statistics(extraction: Extraction, data: HeteroData, documents: int) -> dict[str, Any]:
    """Count what was found and what of it the graph teacher sees.

    Args:
        extraction: mentions, with their links or kind of NIL.
        data: the tensors made of the graph.
        documents: how many documents there are, with or without a mention.

    Returns:
        ``documents``, ``mentions``, ``linked``, ``nil_new``, ``nil_ambiguous``, ``linked_documents`` (share of
        documents with a linked entity), ``entities`` and ``edges`` (by family) of the tensors.
    """
    mentions = extraction.mentions
    linked = mentions.filter(pc.is_valid(mentions["iri"]))
    nil = {row["values"]: row["counts"] for row in pc.value_counts(mentions["nil"]).to_pylist()}
    return {
        "documents": documents,
        "mentions": mentions.num_rows,
        "linked": linked.num_rows,
        "nil_new": nil.get("new", 0),
        "nil_ambiguous": nil.get("ambiguous", 0),
        "linked_documents": round(len(pc.unique(linked["document"])) / max(documents, 1), 4),
        "entities": data["entity"].num_nodes,
        "edges": {kind[1]: data[kind].edge_index.shape[1] for kind in sorted(data.edge_types)},
    }


def background_warnings(extraction: Extraction, labels: Mapping[str, int]) -> list[str]:
    """Return a warning for each background vocabulary without a name to look for, and one where nothing is linked.

    Args:
        extraction: mentions.
        labels: how many names each vocabulary has that a text may use.
    """
    found = [
        f"graph.background: {name} has no label that can be used, so nothing is linked to it; give its concepts "
        "skos:prefLabel, skos:altLabel or rdfs:label, in English or without a language"
        for name, count in labels.items()
        if not count
    ]
    if any(labels.values()) and extraction.mentions["iri"].null_count == extraction.mentions.num_rows:
        found.append(
            f"graph.background: no mention in the texts is linked to {', '.join(labels)}; is it of their topic?"
        )
    return found


def coverage_warnings(extraction: Extraction, domains: Mapping[str, str]) -> list[str]:
    """Return a warning for each domain in whose documents next to nothing is found.

    Args:
        extraction: mentions.
        domains: the domain of every document, by its id.
    """
    mentioned = set(pc.unique(extraction.mentions["document"]).to_pylist())
    found = []
    for domain in sorted(set(domains.values())):
        documents = [name for name, other in domains.items() if other == domain]
        share = sum(name in mentioned for name in documents) / len(documents)
        if share < FEW:
            found.append(
                f"{domain}: {share:.0%} of its documents have an entity, so the graph says little of them; "
                "is entities.pipeline one for their language?"
            )
    return found
