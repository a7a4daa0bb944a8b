"""Mappings that somebody else judged, as one decision."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import NamedNode

from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.sssom.mappings import mapping_quads
from cdkd_kg.graph.sssom.read import read_sssom

_HOLDS, _DOES_NOT = NamedNode("urn:holds"), NamedNode("urn:not")


def adopt(graph: KnowledgeGraph, file: Path) -> Draft | None:
    """Return the decision that the mappings of a file hold, and that the negated ones do not; None where that is known.

    Raises:
        GraphError: the file is refused, with its line.
    """
    quads = [quad for record in read_sssom(file) for quad in mapping_quads(record, _HOLDS, _DOES_NOT)]
    accepts, rejects = (tuple(quad.triple for quad in quads if quad.graph_name == part) for part in (_HOLDS, _DOES_NOT))
    parts = ((graph.accepted, accepts), (graph.rejected, rejects))
    if all({*triples} <= {quad.triple for quad in graph.store.match(graph=part)} for part, triples in parts):
        return None
    return Draft("import", f"mappings of {file.name}", (), accepts, rejects)
