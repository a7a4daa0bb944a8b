from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from cdkd_kg import __version__
from cdkd_kg.config import GraphConfig
from cdkd_kg.errors import GraphError
from cdkd_kg.graph import view
from cdkd_kg.graph.build import build_graph
from cdkd_kg.graph.iris import concept_iri, document_iri, statement_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import DCTERMS, ITSRDF, KD, NIF, PROV, RDF, SKOS
from cdkd_kg.graph.validate import validate
from tests.graph.helpers import EX, documents, extraction, mention, relation

ANN = NamedNode("urn:cdkd:graph:test:ann")


def objects(graph: KnowledgeGraph, subject: NamedNode, predicate: NamedNode) -> list[Any]:
    found = graph.store.match(subject, predicate, None)
    return sorted((quad.object for quad in found), key=lambda node: node.value)


def test_a_mention_is_written_in_nif(graph: KnowledgeGraph) -> None:
    node = NamedNode("urn:cdkd:document:a%2F1#char=20,29")
    said = {(quad.predicate, quad.object.value) for quad in graph.store.match(node, None, None)}
    assert said == {
        (RDF.type, NIF.Phrase.value),
        (NIF.referenceContext, "urn:cdkd:document:a%2F1"),
        (NIF.beginIndex, "20"),
        (NIF.endIndex, "29"),
        (NIF.anchorOf, "influenza"),
        (ITSRDF.taClassRef, "urn:cdkd:type:TERM"),
        (ITSRDF.taIdentRef, EX + "flu"),
        (ITSRDF.taConfidence, "0.5"),
    }


def test_a_new_concept_has_its_anchors_as_names(graph: KnowledgeGraph) -> None:
    assert objects(graph, ANN, SKOS.prefLabel) == [Literal("ANN")]
    assert objects(graph, ANN, SKOS.altLabel) == [Literal("Ann")]
    assert objects(graph, ANN, KD.entityType) == [NamedNode("urn:cdkd:type:PERSON")]
    [scheme] = objects(graph, ANN, SKOS.inScheme)
    assert objects(graph, scheme, RDF.type) == [SKOS.ConceptScheme]


def test_an_acronym_is_the_preferred_name_only_where_there_is_no_other(config: GraphConfig) -> None:
    rows = [mention("a/1", place, "WHO", concept="world health") for place in (0, 10)]
    rows += [mention("a/1", 20, "World Health", concept="world health"), mention("a/1", 40, "FAO")]
    built = build_graph(extraction(rows), documents("a/1"), [], config, {"id": "r"})
    health = concept_iri("test", "world health")
    assert objects(built, health, SKOS.prefLabel) == [Literal("World Health")]
    assert objects(built, health, SKOS.altLabel) == [Literal("WHO")]
    assert objects(built, concept_iri("test", "fao"), SKOS.prefLabel) == [Literal("FAO")]


def test_an_ambiguous_mention_keeps_its_candidates_and_links_nothing(graph: KnowledgeGraph) -> None:
    node = NamedNode("urn:cdkd:document:b%2F1%20x#char=30,32")
    assert objects(graph, node, KD.candidate) == [NamedNode(EX + "gout"), NamedNode(EX + "pain")]
    assert objects(graph, node, KD.nil) == [Literal("ambiguous")]
    assert objects(graph, node, ITSRDF.taIdentRef) == []


def test_a_document_is_there_by_its_hash_and_only_given_documents_are(graph: KnowledgeGraph) -> None:
    assert objects(graph, document_iri("b/1 x"), KD.textHash) == [Literal("0" * 64)]
    assert [identifier for identifier, _ in view.documents(graph)] == ["a/1", "a/2", "b/1 x"]
    assert b"test%2F9" not in graph.to_bytes()


def test_evidence_for_a_relation_adds_up_over_documents(config: GraphConfig) -> None:
    rows = [mention(name, 10 * place, word) for name in ("d/1", "d/2") for place, word in enumerate(["ann", "bob"])]
    said = [relation("d/1", 0, "see", 10, confidence) for confidence in (0.5, 0.75)]
    built = build_graph(
        extraction(rows, [*said, relation("d/2", 0, "see", 10, 0.5)]), documents("d/1", "d/2"), [], config, {"id": "r"}
    )
    seen = Triple(concept_iri("test", "ann"), NamedNode("urn:cdkd:relation:see"), concept_iri("test", "bob"))
    assert objects(built, statement_iri(seen), KD.evidenceCount) == [Literal(2)]
    assert objects(built, statement_iri(seen), KD.confidence) == [Literal(0.875)], "1 - (1 - 0.75) (1 - 0.5)"
    assert objects(built, statement_iri(seen), PROV.wasDerivedFrom) == [document_iri("d/1"), document_iri("d/2")]


def test_a_document_that_says_it_twice_is_no_more_evidence(graph: KnowledgeGraph) -> None:
    has = Triple(ANN, NamedNode("urn:cdkd:relation:has"), NamedNode(EX + "flu"))
    node = statement_iri(has)
    assert next(graph.store.match(*has), None) is not None
    assert objects(graph, node, KD.evidenceCount) == [Literal(1)]
    assert objects(graph, node, KD.confidence) == [Literal(0.5)]
    assert objects(graph, node, PROV.wasDerivedFrom) == [document_iri("a/1")]
    assert b"relation:follow" not in graph.to_bytes(), "a relation of an ambiguous mention is left out"


def test_entities_that_keep_company_are_tied_by_npmi(config: GraphConfig) -> None:
    names = [f"d/{number}" for number in range(8)]
    rows = [mention(name, 10 * place, word) for name in names[:2] for place, word in enumerate(["ann", "bob"])]
    graph = build_graph(extraction(rows), documents(*names), [], config, {"id": "r"})
    pair = Triple(concept_iri("test", "ann"), KD.comention, concept_iri("test", "bob"))
    assert objects(graph, statement_iri(pair), KD.npmi) == [Literal(1.0)]
    assert objects(graph, statement_iri(pair), KD.evidenceCount) == [Literal(2)]
    assert objects(graph, statement_iri(pair), KD.pValue) == [Literal(0.0357)]
    few = build_graph(extraction(rows), documents(*names[:4]), [], config, {"id": "r"})
    assert KD.comention.value.encode() not in few.to_bytes(), "among four documents it is chance"
    rare = build_graph(
        extraction(rows), documents(*names), [], config.model_copy(update={"max_document_share": 0.2}), {"id": "r"}
    )
    assert KD.comention.value.encode() not in rare.to_bytes(), "they are in too large a share of the documents"


def test_a_run_says_what_it_used(graph: KnowledgeGraph, config: GraphConfig) -> None:
    built = build_graph(extraction([]), documents("a/1"), [], config, {"id": "r 1", "pipeline": "p-1"})
    activity, proposed = NamedNode("urn:cdkd:run:r%201"), NamedNode("urn:cdkd:graph:test/proposed/r%201")
    assert objects(built, proposed, PROV.wasGeneratedBy) == [activity]
    [agent] = objects(built, activity, PROV.wasAssociatedWith)
    assert objects(built, agent, RDF.type) == [PROV.SoftwareAgent]
    assert objects(built, agent, DCTERMS.title) == [Literal(f"cdkd_kg {__version__}")]
    [used] = objects(built, activity, PROV.used)
    assert objects(built, used, DCTERMS.title) == [Literal("pipeline")]
    assert objects(built, used, PROV.value) == [Literal("p-1")]
    assert {quad.graph_name for quad in graph} == {graph.vocabulary, graph.proposed("r1")}


def test_there_are_no_blank_nodes(graph: KnowledgeGraph) -> None:
    assert not any(isinstance(term, BlankNode) for quad in graph for term in quad)


def test_decisions_survive_a_rebuild_and_old_proposals_do_not(graph: KnowledgeGraph, config: GraphConfig) -> None:
    flu, virus = NamedNode(EX + "flu"), NamedNode(EX + "virus")
    graph.add([Quad(flu, SKOS.broader, virus, graph.rejected), Quad(ANN, SKOS.related, flu, graph.accepted)])
    again = build_graph(extraction([]), documents("a/1"), graph, config, {"id": "r2"})
    names = {node.value.partition("/")[2] for node in again.store.named_graphs()}
    assert names == {"vocabulary", "accepted", "rejected", "proposed/r2"}


def test_a_background_of_another_name_is_taken_over(vocabulary: Path, config: GraphConfig) -> None:
    background = KnowledgeGraph("other")
    background.load_background([vocabulary])
    built = build_graph(extraction([]), [], background, config, {"id": "r"})
    assert built.name == "test"
    assert len(list(built.labels())) == len(list(background.labels())) == 8
    assert b"graph:other" not in built.to_bytes()


def test_a_mention_linked_to_a_harmful_iri_is_refused(config: GraphConfig) -> None:
    rows = [mention("a/1", 0, "x", "javascript:alert(1)")]
    with pytest.raises(GraphError, match="scheme 'javascript'"):
        build_graph(extraction(rows), documents("a/1"), [], config, {"id": "r"})


def test_anchors_over_1000_characters_are_no_labels(config: GraphConfig) -> None:
    rows = [mention("a/1", 0, "x" * 10_000, concept="long")]
    graph = build_graph(extraction(rows), documents("a/1"), [], config, {"id": "r"})
    assert [label.text for label in graph.labels()] == ["long"]


def test_different_concepts_get_different_iris() -> None:
    concepts = [
        "a b",
        "a_b",
        "a  b",
        "A b",
        "a-b",
        "a b ",
        "ä b",
        "a b" * 40,
        "a b" * 41,
        "",
        "東京",
        "京東",
        "a/b",
        "a#b",
    ]
    iris = {concept_iri("g", concept).value for concept in concepts}
    assert len(iris) == len(concepts)
    assert concept_iri("g", "viral disease").value == "urn:cdkd:graph:g:viral_disease"


def test_relations_of_unknown_places_are_left_out(config: GraphConfig) -> None:
    rows = [mention("a/1", 0, "ann"), mention("a/1", 10, "ann")]
    said = [relation("a/1", 0, "see", 10), relation("a/1", 0, "see", 99), relation("b/1", 0, "see", 1)]
    graph = build_graph(extraction(rows, said), documents("a/1"), [], config, {"id": "r"})
    assert b"relation:see" not in graph.to_bytes()


def test_what_is_built_breaks_no_rule_and_evidence_that_is_none_does(graph: KnowledgeGraph) -> None:
    assert validate(graph) == []
    node = statement_iri(Triple(ANN, NamedNode("urn:cdkd:relation:has"), NamedNode(EX + "flu")))
    graph.add([Quad(node, KD.wording, Literal("has got"), graph.accepted)])
    graph.add([Quad(node, KD.evidenceCount, Literal(0), graph.accepted)])
    assert {breach.path for breach in validate(graph)} == {KD.wording.value, KD.evidenceCount.value}
