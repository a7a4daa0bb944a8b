from __future__ import annotations

from pathlib import Path

from cdkd_kg.entities.linking.aliases import Label
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph

PREFIXES = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
"""


def labels(text: str, folder: Path, language: str = "en") -> list[Label]:
    path = folder / "x.ttl"
    path.write_text(PREFIXES + text, "utf-8")
    graph = KnowledgeGraph()
    graph.load_background([path])
    return list(graph.labels(language))


def test_skos_and_rdfs_labels_come_with_their_kind_sorted(tmp_path: Path) -> None:
    found = labels('<urn:a> skos:hiddenLabel "fluu" ; skos:altLabel " grippe " ; skos:prefLabel "flu" .'
                   '<urn:b> rdfs:label "cold" .', tmp_path)  # fmt: skip
    assert found == [
        Label("urn:a", "flu", "preferred"),
        Label("urn:a", "fluu", "hidden"),
        Label("urn:a", "grippe", "alternative"),
        Label("urn:b", "cold", "preferred"),
    ]


def test_labels_of_other_languages_are_left_out(tmp_path: Path) -> None:
    text = '<urn:a> skos:prefLabel "flu"@en-GB, "die Grippe"@de ; skos:altLabel "influenza" .'
    assert [label.text for label in labels(text, tmp_path)] == ["flu", "influenza"]
    assert [label.text for label in labels(text, tmp_path, "de")] == ["die Grippe", "influenza"]


def test_overlong_and_blank_labels_are_no_aliases(tmp_path: Path) -> None:
    text = f'<urn:a> skos:prefLabel "{"x" * 10_000}" ; skos:altLabel "{"y" * 1_000}", "  ", "" .'
    assert [label.text for label in labels(text, tmp_path)] == ["y" * 1_000]


def test_properties_schemes_and_deprecated_concepts_are_no_aliases(tmp_path: Path) -> None:
    text = (
        '<urn:p> a owl:ObjectProperty ; rdfs:label "part of" . <urn:s> a skos:ConceptScheme ; rdfs:label "diseases" .'
        '<urn:d> owl:deprecated true ; rdfs:label "obsolete flu" . <urn:c> a owl:Class ; rdfs:label "flu" .'
    )
    assert labels(text, tmp_path) == [Label("urn:c", "flu", "preferred")]


def test_a_rejected_label_is_gone(graph: KnowledgeGraph) -> None:
    from pyoxigraph import Quad

    from cdkd_kg.graph.namespaces import SKOS

    quad = next(quad for quad in graph if quad.predicate == SKOS.altLabel and str(quad.object) == '"influenza"')
    assert "influenza" in {label.text for label in graph.labels()}
    graph.add([Quad(quad.subject, quad.predicate, quad.object, graph.rejected)])
    assert "influenza" not in {label.text for label in graph.labels()}
