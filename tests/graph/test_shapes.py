"""The rules of graphs/shapes.ttl."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import DCTERMS, ITSRDF, KD, NIF, PROV, RDF, SSSOM
from cdkd_kg.graph.validate import validate


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
@pytest.mark.parametrize(
    ("kind", "predicate"),
    [(RDF.Statement, KD.confidence), (NIF.Phrase, ITSRDF.taConfidence), (SSSOM.Mapping, SSSOM.confidence)],
    ids=["relation", "mention", "mapping"],
)
def test_a_confidence_that_is_no_probability_breaks_the_rules(
    kind: NamedNode, predicate: NamedNode, value: float
) -> None:
    graph, node = KnowledgeGraph(), NamedNode("urn:x")
    for number in (0.0, 1.0, value):
        graph.store.patch(
            graph.store.match(node, predicate),
            [Quad(node, RDF.type, kind, graph.vocabulary), Quad(node, predicate, Literal(number), graph.vocabulary)],
        )
        found = [breach.severity for breach in validate(graph) if breach.path == predicate.value]
        assert bool(found) == (number is value)


@pytest.mark.parametrize(
    ("kind", "predicate", "good", "bad"),
    [
        (RDF.Statement, KD.npmi, Literal(-0.5), Literal(7.5)),
        (RDF.Statement, KD.pValue, Literal(0.5), Literal(-3.0)),
        (NIF.Phrase, KD.nil, Literal("ambiguous"), Literal("banana")),
        (NIF.Phrase, KD.candidate, NamedNode("urn:c"), Literal("c")),
        (NIF.Context, KD.textHash, Literal("0" * 64), Literal("short")),
        (NIF.Context, DCTERMS.identifier, Literal("a/1"), None),
        (PROV.Activity, DCTERMS.identifier, Literal("run"), None),
        (PROV.Activity, PROV.used, NamedNode("urn:used"), Literal("a pipeline")),
        (PROV.Activity, PROV.wasAssociatedWith, NamedNode("urn:agent"), None),
    ],
)
def test_what_documents_mentions_statements_and_runs_must_say(
    kind: NamedNode, predicate: NamedNode, good: Literal | NamedNode, bad: Literal | NamedNode | None
) -> None:
    for value, breaks in ((good, False), (bad, True)):
        graph, node = KnowledgeGraph(), NamedNode("urn:x")
        graph.add([Quad(node, RDF.type, kind)] + ([] if value is None else [Quad(node, predicate, value)]))
        assert any(breach.path == predicate.value for breach in validate(graph)) == breaks


def test_a_graph_that_was_built_keeps_the_rules(graph: KnowledgeGraph) -> None:
    assert validate(graph) == []
