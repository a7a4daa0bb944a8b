from __future__ import annotations

import logging
import math
from pathlib import Path

import pytest
import torch
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.artifacts import MANIFEST
from cdkd_kg.config import GraphConfig
from cdkd_kg.errors import ArtifactError, GraphError
from cdkd_kg.graph.build import build_graph
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import ITSRDF, SKOS, XSD
from cdkd_kg.graph.tensor_files import load_tensors, save_tensors
from cdkd_kg.graph.tensors import MOST, RELATED, to_tensors
from tests.graph.helpers import EX, documents, extraction, mention, relation

ANN = "urn:cdkd:graph:test:ann"
MENTIONS = ("document", "mentions", "entity")


def named(data: object, name: str) -> set[tuple[str, str]]:
    ids = data["entity"].ids  # type: ignore[index]
    index = data["entity", name, "entity"].edge_index  # type: ignore[index]
    return {(ids[source].removeprefix(EX), ids[target].removeprefix(EX)) for source, target in index.T.tolist()}


def test_the_golden_graph(graph: KnowledgeGraph, config: GraphConfig) -> None:
    data = to_tensors(graph, config)
    assert data["document"].ids == ["a/1", "a/2", "b/1 x"]
    assert data["entity"].ids == [EX + name for name in ("cold", "disease", "flu", "virus")] + [ANN]
    assert data["entity"].label == ["cold", "disease", "flu", "viral disease", "ANN"]
    assert data[MENTIONS].edge_index.tolist() == [[0, 0, 1, 1, 2, 2], [2, 4, 0, 4, 0, 2]]
    assert named(data, "broader") == {("cold", "virus"), ("flu", "virus"), ("virus", "disease")}
    assert named(data, "related_by_text") == {
        (ANN, "flu"),
        (ANN, "cold"),
    }
    assert data["entity", "related_by_text", "entity"].edge_weight.tolist() == [0.5, 0.5]
    assert sorted(data.edge_types) == [
        MENTIONS,
        ("entity", "broader", "entity"),
        ("entity", "related_by_text", "entity"),
    ]


def test_mention_weights_are_tf_idf_by_confidence(graph: KnowledgeGraph, config: GraphConfig) -> None:
    idf = 1 + math.log((1 + 3) / (1 + 2))
    flu, ann = (1 + math.log(2)) * idf, idf
    norm = math.hypot(flu, ann)
    weights = to_tensors(graph, config)[MENTIONS].edge_weight
    assert weights[:2].tolist() == pytest.approx([0.75 * flu / norm, ann / norm])
    assert weights.max() <= 1
    assert weights.dtype == torch.float32


@pytest.mark.parametrize(
    ("hops", "entities"),
    [(0, {"cold", "flu"}), (1, {"cold", "flu", "virus"}), (2, {"cold", "flu", "virus", "disease"}),
     (9, {"cold", "flu", "virus", "disease"})],
)  # fmt: skip
def test_knowledge_is_followed_upwards_for_so_many_hops(
    graph: KnowledgeGraph, config: GraphConfig, hops: int, entities: set[str]
) -> None:
    data = to_tensors(graph, config.model_copy(update={"hops": hops}))
    assert {iri.removeprefix(EX) for iri in data["entity"].ids if iri.startswith(EX)} == entities


def test_bounds_on_documents_are_kept(graph: KnowledgeGraph, config: GraphConfig) -> None:
    all_of_them = to_tensors(graph, config.model_copy(update={"min_documents": 1}))
    assert {EX + "aspirin", EX + "pain"} <= set(all_of_them["entity"].ids), "a symmetric relation is followed"
    assert named(all_of_them, "treats") == {("aspirin", "flu")}
    none = to_tensors(graph, config.model_copy(update={"max_document_share": 0.6, "hops": 0}))
    assert none["entity"].ids == []


def test_a_cycle_in_the_hierarchy_ends(tmp_path: Path, config: GraphConfig) -> None:
    path = tmp_path / "cycle.nt"
    lines = [f"<urn:{a}> <{SKOS.broader.value}> <urn:{b}> ." for a, b in ("ab", "bc", "ca", "aa")]
    path.write_text("\n".join(lines), "utf-8")
    rows = [mention(name, 0, "a", "urn:a") for name in ("d/1", "d/2")]
    built = build_graph(extraction(rows), documents("d/1", "d/2"), [path], config, {"id": "r"})
    data = to_tensors(built, config.model_copy(update={"hops": 50}))
    assert data["entity"].ids == ["urn:a", "urn:b", "urn:c"]
    assert data["entity", "broader", "entity"].edge_index.tolist() == [[0, 1, 2], [1, 2, 0]], "no loop"


def test_frequent_predicates_keep_their_name_and_rare_or_reserved_ones_fold(config: GraphConfig) -> None:
    names = [f"d/{number}" for number in range(42)]
    rows, said, config = [], [], config.model_copy(update={"max_fdr": 1.0})
    for number, name in enumerate(names):
        rows += [mention(name, place * 10, f"w{(number // 2 + place * 3) % 21}") for place in range(2)]
        said += [relation(name, 0, predicate, 10) for predicate in ("cause", "mentions")]
    said.append(relation("d/0", 0, "rare", 10))
    built = build_graph(extraction(rows, said), documents(*names), [], config, {"id": "r"})
    data = to_tensors(built, config)
    kinds = {kind[1]: data[kind].edge_index.shape[1] for kind in data.edge_types}
    assert kinds == {"mentions": 84, "causes": 21, "related_by_text": 21, "comention": 21}


def test_of_very_many_predicates_of_knowledge_the_commonest_are_types_of_their_own(
    tmp_path: Path, config: GraphConfig
) -> None:
    path = tmp_path / "many.nt"
    once = [f"<urn:a> <{EX}p{number}> <urn:b> ." for number in range(3 * MOST)]
    twice = [f"<urn:b> <{EX}p{3 * MOST - 1}> <urn:a> .", f"<urn:b> <{SKOS.broader.value}> <urn:a> ."]
    path.write_text("\n".join(once + twice), "utf-8")
    rows = [mention(name, 10 * place, "ab"[place], f"urn:{'ab'[place]}") for name in ("d/1", "d/2") for place in (0, 1)]
    built = build_graph(extraction(rows), documents("d/1", "d/2"), [path], config, {"id": "r"})
    data = to_tensors(built, config)
    kinds = {kind[1]: data[kind].edge_index.shape[1] for kind in data.edge_types if kind[0] == kind[2]}
    assert len(kinds) == MOST + 1
    assert kinds[f"p{3 * MOST - 1}"] == 2, "the commonest keeps its name"
    assert kinds["broader"] == kinds["p0"] == 1
    assert kinds[RELATED] == 1, "edges between the same two entities are one edge of a type"


def test_no_entity_gives_documents_alone_and_a_warning(config: GraphConfig, caplog: pytest.LogCaptureFixture) -> None:
    built = build_graph(extraction([]), documents("a/2", "a/1"), [], config, {"id": "r"})
    with caplog.at_level(logging.WARNING):
        data = to_tensors(built, config)
    assert "no entity links documents" in caplog.text
    assert data["document"].ids == ["a/1", "a/2"]
    assert (data["document"].num_nodes, data["entity"].num_nodes) == (2, 0)
    assert data.edge_types == [MENTIONS]
    assert data[MENTIONS].edge_index.shape == (2, 0)


def test_an_empty_graph_gives_empty_tensors(config: GraphConfig) -> None:
    data = to_tensors(KnowledgeGraph("test"), config)
    assert data["document"].num_nodes == data["entity"].num_nodes == 0


def test_what_was_rejected_does_not_count(graph: KnowledgeGraph, config: GraphConfig) -> None:
    flu, cold, virus = (NamedNode(EX + name) for name in ("flu", "cold", "virus"))
    mentioned = NamedNode("urn:cdkd:document:a%2F2#char=10,14")
    has = NamedNode("urn:cdkd:relation:has")
    graph.add(
        [
            Quad(flu, SKOS.broader, virus, graph.rejected),
            Quad(mentioned, ITSRDF.taIdentRef, cold, graph.rejected),
            Quad(NamedNode(ANN), has, flu, graph.rejected),
        ]
    )
    data = to_tensors(graph, config.model_copy(update={"min_documents": 1, "hops": 1}))
    assert ("flu", "virus") not in named(data, "broader")
    assert named(data, "related_by_text") == {(ANN, "cold")}
    assert (1, data["entity"].ids.index(EX + "cold")) not in data[MENTIONS].edge_index.T.tolist()
    assert data[MENTIONS].edge_index.shape[1] == 6


def test_what_was_accepted_counts(graph: KnowledgeGraph, config: GraphConfig) -> None:
    mentioned = NamedNode("urn:cdkd:document:b%2F1%20x#char=30,32")
    graph.add(
        [
            Quad(mentioned, ITSRDF.taIdentRef, NamedNode(EX + "gout"), graph.accepted),
            Quad(mentioned, ITSRDF.taConfidence, Literal(1.0), graph.accepted),
            Quad(NamedNode(EX + "gout"), NamedNode(EX + "partOf"), NamedNode(EX + "flu"), graph.accepted),
        ]
    )
    data = to_tensors(graph, config.model_copy(update={"min_documents": 1}))
    assert [2, data["entity"].ids.index(EX + "gout")] in data[MENTIONS].edge_index.T.tolist()
    assert named(data, "partOf") == {("gout", "flu")}


@pytest.mark.parametrize("value", [Literal("high"), Literal("0.5"), Literal(math.nan), NamedNode("urn:high")])
def test_a_confidence_that_is_no_number_is_refused(
    graph: KnowledgeGraph, config: GraphConfig, value: Literal | NamedNode
) -> None:
    mentioned = NamedNode("urn:cdkd:document:b%2F1%20x#char=30,32")
    graph.add([Quad(mentioned, ITSRDF.taIdentRef, NamedNode(EX + "gout"), graph.accepted)])
    graph.add([Quad(mentioned, ITSRDF.taConfidence, value, graph.accepted)])
    with pytest.raises(GraphError, match="not a number"):
        to_tensors(graph, config)


@pytest.mark.parametrize("kind", ["double", "float", "decimal"])
def test_any_numeric_type_and_any_iri_is_read(config: GraphConfig, tmp_path: Path, kind: str) -> None:
    iris = ["http://example.org/a,b", "http://example.org/ü'(;)"]
    rows = [mention(name, 10 * place, "x", iri) for name in ("d/1", "d/2") for place, iri in enumerate(iris)]
    built = build_graph(extraction(rows), documents("d/1", "d/2"), [], config, {"id": "r"})
    text = built.to_bytes().decode()
    typed = text.replace(f'taConfidence> "1.0"^^<{XSD.double.value}>', f'taConfidence> "0.5"^^<{XSD.base}{kind}>')
    typed = typed.replace(f'taConfidence> "1"^^<{XSD.double.value}>', f'taConfidence> "0.5"^^<{XSD.base}{kind}>')
    (tmp_path / "x.nq").write_text(typed, "utf-8")
    data = to_tensors(KnowledgeGraph.load(tmp_path / "x.nq"), config)
    assert data["entity"].ids == iris
    assert data[MENTIONS].edge_weight.tolist() == pytest.approx([0.5 / math.sqrt(2)] * 4)


def test_a_document_id_may_hold_anything(config: GraphConfig) -> None:
    names = ['a/"quoted", with comma', "a/line\nbreak", "a/ü", "a/"]
    rows = [mention(name, 0, "ann") for name in names]
    built = build_graph(extraction(rows), documents(*names), [], config, {"id": "r"})
    data = to_tensors(built, config)
    assert data["document"].ids == sorted(names)
    assert data[MENTIONS].edge_index.tolist() == [[0, 1, 2, 3], [0, 0, 0, 0]]


def test_tensors_are_saved_and_loaded_and_a_changed_file_is_noticed(
    graph: KnowledgeGraph, config: GraphConfig, tmp_path: Path
) -> None:
    data = to_tensors(graph, config)
    save_tensors(data, tmp_path / "tensors")
    again = load_tensors(tmp_path / "tensors")
    assert again["document"].ids == data["document"].ids
    assert (again["entity"].ids, again["entity"].label) == (data["entity"].ids, data["entity"].label)
    assert again["entity"].num_nodes == data["entity"].num_nodes
    assert sorted(again.edge_types) == sorted(data.edge_types)
    for kind in data.edge_types:
        assert torch.equal(again[kind].edge_index, data[kind].edge_index)
        assert torch.equal(again[kind].edge_weight, data[kind].edge_weight)
    for name in ("edges.safetensors", "nodes.json", MANIFEST):
        file = tmp_path / "tensors" / name
        content = file.read_bytes()
        file.write_bytes(content[:-2] + b"!!")
        with pytest.raises(ArtifactError):
            load_tensors(tmp_path / "tensors")
        file.write_bytes(content)


def test_npmi_of_company_is_the_weight(config: GraphConfig) -> None:
    names = [f"d/{number}" for number in range(8)]
    rows = [mention(name, 10 * place, word) for name in names[:2] for place, word in enumerate(["ann", "bob"])]
    built = build_graph(extraction(rows), documents(*names), [], config, {"id": "r"})
    data = to_tensors(built, config)
    assert data["entity", "comention", "entity"].edge_index.tolist() == [[0], [1]]
    assert data["entity", "comention", "entity"].edge_weight.tolist() == [1.0]
