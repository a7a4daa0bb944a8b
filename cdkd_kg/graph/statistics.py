"""Numbers about a graph for the report: mentions, links, NIL, coverage, edges by family."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc
from torch_geometric.data import HeteroData

from cdkd_kg.entities.extract import Extraction


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
