"""What a curator decided on mentions fits a linking model."""

from __future__ import annotations

from pyoxigraph import NamedNode, Quad

from cdkd_kg.entities.linking.aliases import AliasTable
from cdkd_kg.entities.linking.fit import fit
from cdkd_kg.graph.iris import document_iri, mention_iri
from cdkd_kg.graph.judged import judged
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import ITSRDF
from tests.graph.helpers import EX

TEXT = "Ann has a flu, an influenza."


def _decided(graph: KnowledgeGraph, document: str, begin: int, anchor: str, concept: str, part: NamedNode) -> None:
    mention = mention_iri(document_iri(document), begin, begin + len(anchor))
    graph.add([Quad(mention, ITSRDF.taIdentRef, NamedNode(EX + concept), part)])


def test_accepted_links_mean_their_concept_and_rejected_ones_none(graph: KnowledgeGraph) -> None:
    _decided(graph, "a/1", 10, "flu", "flu", graph.accepted)
    _decided(graph, "a/1", 20, "influenza", "flu", graph.rejected)
    _decided(graph, "a/2", 10, "cold", "cold", graph.rejected)
    _decided(graph, "a/2", 10, "cold", "flu", graph.accepted)
    found = judged(graph, {"a/1": TEXT, "a/2": "ANN is cold."})
    assert [(one.text, [anchor.text for anchor in one.anchors], one.meant) for one in found] == [
        (TEXT, ["flu", "influenza"], [EX + "flu", None]),
        ("ANN is cold.", ["cold"], [EX + "flu"]),
    ]
    assert found[0].anchors[0].type == "TERM"


def test_documents_without_a_text_and_mentions_without_a_decision_are_left_out(graph: KnowledgeGraph) -> None:
    assert judged(graph, {"a/1": TEXT}) == []
    _decided(graph, "a/2", 10, "cold", "cold", graph.accepted)
    assert judged(graph, {"a/1": TEXT}) == []


def test_a_model_is_fitted_to_decisions(graph: KnowledgeGraph) -> None:
    _decided(graph, "a/1", 10, "flu", "flu", graph.accepted)
    model = fit(judged(graph, {"a/1": TEXT}), AliasTable(graph.labels()))
    assert model.meant != {}
