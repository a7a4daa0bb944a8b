"""A graph as a file for other tools."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from cdkd_kg.artifacts import write_bytes
from cdkd_kg.errors import ConfigError, nearest
from cdkd_kg.graph import view
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import PREFIXES
from cdkd_kg.graph.sssom.write import to_sssom

SSSOM = "sssom.tsv"


def export(graph: KnowledgeGraph, path: Path | str, form: str | None = None) -> Path:
    """Write a graph, whole or not at all; the same graph gives the same bytes.

    Args:
        graph: what to write.
        path: where to; its suffix names the format where ``form`` is left out.
        form: ``nq`` and ``trig`` hold everything; ``nt``, ``ttl`` and ``jsonld`` what holds, without its named graphs;
            ``graphml`` entities and relations for Gephi; ``tsv`` the same as head, relation, tail for PyKEEN;
            ``sssom.tsv`` the mappings alone.

    Raises:
        ConfigError: there is no such format.
    """
    path = Path(path)
    form = form or (SSSOM if path.name.lower().endswith(f".{SSSOM}") else path.suffix.lstrip(".").lower())
    if form not in WRITERS:
        raise ConfigError(
            f"there is no format {form!r}{nearest(form, WRITERS)}",
            where=str(path),
            remedy=f"choose one of {', '.join(WRITERS)}",
        )
    write_bytes(path, WRITERS[form](graph))
    return path


def _all(form: RdfFormat) -> Callable[[KnowledgeGraph], bytes]:
    def write(graph: KnowledgeGraph) -> bytes:
        return serialize(sorted(graph, key=_by_graph), format=form, prefixes=PREFIXES) or b""

    return write


def _holding(form: RdfFormat) -> Callable[[KnowledgeGraph], bytes]:
    def write(graph: KnowledgeGraph) -> bytes:
        triples = {quad.triple for quad in graph.holding()}
        return serialize(sorted(triples, key=str), format=form, prefixes=PREFIXES) or b""

    return write


def _by_graph(quad: Quad) -> tuple[str, str]:
    return (quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else "", str(quad))


def _graphml(graph: KnowledgeGraph) -> bytes:
    import networkx

    buffer = io.BytesIO()
    networkx.write_graphml(graph.to_networkx(), buffer, named_key_ids=True)
    return buffer.getvalue()


def _tsv(graph: KnowledgeGraph) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    tables = (view.knowledge(graph), view.relations(graph), view.comentions(graph))
    rows = {row for table in tables for row in zip(*(table[name].to_pylist() for name in "spo"), strict=True)}
    writer.writerows(sorted(rows))
    return buffer.getvalue().encode()


FLAT = ("nt", "ttl", "jsonld")
"""Formats without named graphs."""
WRITERS: dict[str, Callable[[KnowledgeGraph], bytes]] = {
    "nq": KnowledgeGraph.to_bytes,
    "trig": _all(RdfFormat.TRIG),
    "nt": _holding(RdfFormat.N_TRIPLES),
    "ttl": _holding(RdfFormat.TURTLE),
    "jsonld": _holding(RdfFormat.JSON_LD),
    "graphml": _graphml,
    "tsv": _tsv,
    SSSOM: to_sssom,
}
