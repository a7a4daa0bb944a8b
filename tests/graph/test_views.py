from __future__ import annotations

from pathlib import Path

import networkx
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import SKOS
from cdkd_kg.graph.picture import most_linked
from tests.graph.helpers import EX


def test_networkx_has_entities_with_names_and_typed_edges(graph: KnowledgeGraph) -> None:
    found = graph.to_networkx()
    assert found.nodes[EX + "flu"] == {"label": "flu", "kind": "background", "documents": 2}
    assert found.nodes["urn:cdkd:graph:test:ann"] == {"label": "ANN", "kind": "new", "documents": 2}
    assert found.edges[EX + "flu", EX + "virus", SKOS.broader.value] == {"label": "broader", "weight": 1.0}
    edge = found.edges["urn:cdkd:graph:test:ann", EX + "flu", "urn:cdkd:relation:has"]
    assert edge == {"label": "has", "weight": 0.5}
    assert not any("document" in iri or "statement" in iri for iri in found)


def test_networkx_can_be_written_as_graphml_whatever_a_label_holds(graph: KnowledgeGraph, tmp_path: Path) -> None:
    graph.add([Quad(NamedNode(EX + "flu"), SKOS.prefLabel, Literal("\x00a \x0b<&\"'> \U0001f600"), graph.accepted)])
    found = graph.to_networkx()
    networkx.write_graphml(found, tmp_path / "graph.graphml")
    again = networkx.read_graphml(tmp_path / "graph.graphml", force_multigraph=True)
    assert dict(again.nodes(data="label")) == dict(found.nodes(data="label"))
    assert again.nodes[EX + "flu"]["label"] == "a <&\"'> \U0001f600"
    assert again.number_of_edges() == found.number_of_edges()


def test_the_picture_shows_the_most_linked_entities(graph: KnowledgeGraph) -> None:
    picture = most_linked(graph, 3)
    assert [node["id"].removeprefix(EX) for node in picture["nodes"]] == ["cold", "flu", "urn:cdkd:graph:test:ann"]
    assert picture["nodes"][1] == {"id": EX + "flu", "label": "flu", "kind": "background", "documents": 2}
    assert {(edge["source"], edge["label"]) for edge in picture["edges"]} == {("urn:cdkd:graph:test:ann", "has")}
    assert most_linked(KnowledgeGraph()) == {"nodes": [], "edges": []}
