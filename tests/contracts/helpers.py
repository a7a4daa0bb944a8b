"""Quads and a store over a real server, for the tests of all stores."""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.graph.namespaces import RDF, SKOS, XSD
from cdkd_kg.graph.stores.endpoint import EndpointStore
from cdkd_kg.graph.stores.port import GraphStore

A, B, P, G, H = (NamedNode(f"http://example.org/{name}") for name in ("a", "b", "p", "g", "h"))
QUADS = [
    Quad(A, P, B, G),
    Quad(A, P, Literal('one\n"two" \\ \t three', language="en"), G),
    Quad(B, P, Literal("1", datatype=XSD.integer), G),
    Quad(B, P, Literal("2", datatype=XSD.integer), H),
    Quad(B, RDF.type, SKOS.Concept, H),
]


def endpoint(server: str) -> EndpointStore:
    return EndpointStore(f"{server}/query", f"{server}/update", timeout=10)


def everything(store: GraphStore) -> set[Quad]:
    return set(store.match())
