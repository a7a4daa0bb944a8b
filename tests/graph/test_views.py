from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import networkx
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.config import GraphConfig
from cdkd_kg.evaluation.network import graph_picture
from cdkd_kg.evaluation.svg import standalone
from cdkd_kg.graph import view
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import ITSRDF, KD, PROV, RDF, RDFS, SKOS
from cdkd_kg.graph.neighbourhood import as_picture, find_entity, neighbourhood
from cdkd_kg.graph.picture import most_linked
from cdkd_kg.graph.tensors import to_tensors
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


def test_what_is_said_of_statements_and_schemes_is_no_knowledge_and_makes_no_entity() -> None:
    graph = KnowledgeGraph()
    node, a, b, scheme = (NamedNode(f"urn:{name}") for name in ("statement", "a", "b", "scheme"))
    said = [(RDF.type, RDF.Statement), (RDF.subject, a), (PROV.wasDerivedFrom, NamedNode("urn:document"))]
    graph.add([Quad(node, predicate, target, graph.accepted) for predicate, target in said])
    graph.add([Quad(a, SKOS.exactMatch, b), Quad(a, SKOS.inScheme, scheme)])
    assert view.knowledge(graph).to_pylist() == [{"s": "urn:a", "p": SKOS.exactMatch.value, "o": "urn:b"}]
    assert set(graph.to_networkx()) == {"urn:a", "urn:b"}


def test_an_existential_restriction_is_the_relation_that_it_stands_for(tmp_path: Path) -> None:
    (tmp_path / "o.ttl").write_text(
        """@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        <urn:asthma> rdfs:subClassOf <urn:disease> ,
            [ a owl:Restriction ; owl:onProperty <urn:located_in> ; owl:someValuesFrom <urn:lung> ] ,
            [ a owl:Restriction ; owl:onProperty <urn:part_of> ; owl:allValuesFrom <urn:body> ] .
        <urn:lung> rdfs:subClassOf [ owl:intersectionOf ( <urn:organ> <urn:thorax> ) ] .""",
        "utf-8",
    )
    graph = KnowledgeGraph.load(tmp_path / "o.ttl")
    said = {tuple(row.values()) for row in view.knowledge(graph).to_pylist()}
    assert said == {
        ("urn:asthma", RDFS.subClassOf.value, "urn:disease"), ("urn:asthma", "urn:located_in", "urn:lung"),
    }  # fmt: skip
    (bound,) = view.knowledge(graph, o=NamedNode("urn:lung")).to_pylist()
    assert bound["p"] == "urn:located_in"
    entities = to_tensors(graph, GraphConfig(name="o", min_documents=1))["entity"].ids
    assert not any("bnode" in iri for iri in entities)


def test_an_accepted_relation_is_knowledge_and_an_accepted_link_is_not(graph: KnowledgeGraph) -> None:
    flu, gout = NamedNode(EX + "flu"), NamedNode(EX + "gout")
    causes, mention = NamedNode("urn:cdkd:relation:causes"), NamedNode("urn:cdkd:document:d#char=0,3")
    before = view.knowledge(graph).num_rows
    graph.add([Quad(flu, causes, gout, graph.accepted), Quad(mention, ITSRDF.taIdentRef, flu, graph.accepted)])
    found = view.knowledge(graph)
    assert found.num_rows == before + 1
    assert {"s": flu.value, "p": causes.value, "o": gout.value} in found.to_pylist()
    assert view.knowledge(graph, s=flu, o=gout).num_rows == 1
    assert view.knowledge(graph, s=gout).num_rows == 0
    assert not any("#char" in iri for iri in graph.to_networkx())


def test_a_statement_about_a_text_is_no_relation_between_entities(graph: KnowledgeGraph) -> None:
    node, run = NamedNode("urn:cdkd:statement:x"), graph.proposed("other")
    said = (
        (RDF.subject, NamedNode(EX + "flu")),
        (RDF.predicate, SKOS.note),
        (RDF.object, Literal("abc", language="en")),
    )
    before = view.relations(graph).num_rows, view.comentions(graph).num_rows
    graph.add([Quad(node, predicate, target, run) for predicate, target in said])
    graph.add([Quad(node, KD.confidence, Literal(0.5), run), Quad(node, KD.npmi, Literal(0.5), run)])
    assert (view.relations(graph).num_rows, view.comentions(graph).num_rows) == before


def test_company_counts_documents_that_mention_what_is_tied(graph: KnowledgeGraph) -> None:
    found = {row["o"]: row["w"] for row in view.company(graph, NamedNode("urn:cdkd:graph:test:ann")).to_pylist()}
    assert found[EX + "flu"] == 2
    around = neighbourhood(graph, "urn:cdkd:graph:test:ann")
    ties = {(tie["direction"], tie["relation"], tie["iri"]): tie["documents"] for tie in around["ties"]}
    assert ties["out", "has", EX + "flu"] == 2
    back = neighbourhood(graph, EX + "flu")
    assert ("in", "urn:cdkd:graph:test:ann") in {(tie["direction"], tie["iri"]) for tie in back["ties"]}


def test_what_is_only_tied_to_can_be_looked_at_and_a_match_has_no_direction(graph: KnowledgeGraph) -> None:
    theirs = "http://other.example/grippe"
    graph.add([Quad(NamedNode(EX + "flu"), SKOS.exactMatch, NamedNode(theirs), graph.vocabulary)])
    assert find_entity(graph, theirs) == theirs
    assert [(tie["direction"], tie["label"]) for tie in neighbourhood(graph, theirs)["ties"]] == [("both", "flu")]


def test_the_picture_is_a_file_of_its_own(graph: KnowledgeGraph) -> None:
    around = neighbourhood(graph, EX + "flu")
    root = ElementTree.fromstring(standalone(graph_picture(as_picture(around), "flu")))  # noqa: S314
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in ElementTree.tostring(root, encoding="unicode")
