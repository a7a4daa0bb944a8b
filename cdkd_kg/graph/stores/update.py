"""Quads as the data of a SPARQL update, written by the RDF library and by nobody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Triple, serialize


def patch_update(removed: Iterable[Quad], added: Iterable[Quad]) -> str:
    """Return one update request that removes quads, then adds quads.

    The terms come from a serialiser of N-Triples, which escapes them; no text from outside is put into it.
    """
    parts = (("DELETE DATA", list(removed)), ("INSERT DATA", list(added)))
    return ";\n".join(f"{verb} {{\n{_data(quads)}}}" for verb, quads in parts if quads)


def _data(quads: Iterable[Quad]) -> str:
    by_graph: defaultdict[NamedNode | DefaultGraph, list[Triple]] = defaultdict(list)
    for quad in quads:
        by_graph[quad.graph_name].append(quad.triple)  # type: ignore[index]
    blocks = []
    for graph, triples in by_graph.items():
        text = (serialize(triples, format=RdfFormat.N_TRIPLES) or b"").decode()
        blocks.append(text if isinstance(graph, DefaultGraph) else f"GRAPH {graph} {{\n{text}}}\n")
    return "".join(blocks)
