"""What the linker is told of concepts."""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.graph.facts import facts
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import KD, SKOS

PLACE, SHE = NamedNode("urn:x:place"), NamedNode("urn:x:she")
GPE, PERSON = NamedNode("urn:cdkd:type:GPE"), NamedNode("urn:cdkd:type:PERSON")


def test_what_was_accepted_and_proposed_counts_and_what_was_rejected_does_not() -> None:
    graph = KnowledgeGraph("test")
    graph.add(
        [
            Quad(PLACE, KD.entityType, PERSON, graph.vocabulary),
            Quad(PLACE, KD.entityType, PERSON, graph.rejected),
            Quad(PLACE, KD.entityType, GPE, graph.accepted),
            Quad(SHE, KD.entityType, PERSON, graph.proposed("r")),
            Quad(SHE, SKOS.definition, Literal("a myth"), graph.accepted),
        ]
    )
    found = facts(graph)
    assert found.classes == {PLACE.value: (GPE.value,), SHE.value: (PERSON.value,)}
    assert found.definitions == {SHE.value: "a myth"}


def test_definitions_are_in_the_language_that_is_asked_for() -> None:
    graph = KnowledgeGraph("test")
    for text, language in (("ein Ort", "de"), ("a place", "en-GB")):
        graph.add([Quad(PLACE, SKOS.definition, Literal(text, language=language), graph.vocabulary)])
    assert facts(graph, "de").definitions == {PLACE.value: "ein Ort"}
    assert facts(graph).definitions == {PLACE.value: "a place"}
