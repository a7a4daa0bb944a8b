"""The rules of graphs/shapes.ttl."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import ITSRDF, KD, NIF, RDF, SSSOM
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
