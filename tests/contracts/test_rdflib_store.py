"""A data set of rdflib as the store: it stays its owner's."""

from __future__ import annotations

import pytest
import rdflib

from cdkd_kg.errors import GraphError
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.stores.port import Query
from cdkd_kg.graph.stores.rdflib import RdflibStore
from tests.contracts.helpers import QUADS, A, B, G, H, P, everything


def test_a_data_set_of_rdflib_stays_its_owners() -> None:
    dataset = rdflib.Dataset()
    store = RdflibStore(dataset)
    store.add(QUADS[:1])
    dataset.graph(rdflib.URIRef(G.value)).add((rdflib.URIRef(B.value), rdflib.URIRef(P.value), rdflib.Literal("x")))
    assert len(store) == len(everything(store)) == 2
    assert len(store.select(Query("SELECT ?s { ?s ?p ?o }", graphs=(G,))).splitlines()) == 3


def test_looking_into_a_data_set_of_rdflib_changes_nothing() -> None:
    store = RdflibStore()
    store.add(QUADS[:1])
    before = {graph.identifier for graph in store.dataset.graphs()}
    assert list(store.match(graph=H)) == []
    store.patch(QUADS[3:], ())
    assert {graph.identifier for graph in store.dataset.graphs()} == before


@pytest.mark.parametrize("fault", ["blank node", "outside named graphs"])
def test_a_data_set_of_rdflib_that_is_no_store_is_refused_with_a_way_out(fault: str) -> None:
    dataset = rdflib.Dataset()
    held = dataset.graph(rdflib.URIRef(G.value)) if fault == "blank node" else dataset
    node = rdflib.BNode() if fault == "blank node" else rdflib.URIRef(A.value)
    held.add((node, rdflib.URIRef(P.value), rdflib.Literal("x")))
    with pytest.raises(GraphError, match=rf"{fault}.*KnowledgeGraph\.from_rdflib"):
        RdflibStore(dataset)
    assert len(KnowledgeGraph.from_rdflib(dataset)) == 1


def test_what_the_owner_adds_later_is_looked_at_when_it_is_read() -> None:
    dataset = rdflib.Dataset()
    store = RdflibStore(dataset)
    dataset.graph(rdflib.URIRef(G.value)).add((rdflib.BNode(), rdflib.URIRef(P.value), rdflib.Literal("x")))
    for read in (store.__len__, store.match, store.named_graphs, store.dump):
        with pytest.raises(GraphError, match="blank node"):
            read()
