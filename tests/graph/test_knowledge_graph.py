from __future__ import annotations

import random
from pathlib import Path

import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from cdkd_kg.errors import GraphError
from cdkd_kg.graph import view
from cdkd_kg.graph.export import export
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import KD, SKOS
from cdkd_kg.graph.parse import parse

S, P, OBJECT = (NamedNode(f"urn:{name}") for name in "spo")


def test_save_and_load_keep_the_graph_and_its_revision(graph: KnowledgeGraph, tmp_path: Path) -> None:
    graph.save(tmp_path / "graph.nq")
    again = KnowledgeGraph.load(tmp_path / "graph.nq")
    assert (again.name, again.revision, len(again)) == ("test", graph.revision, len(graph))
    lines = (tmp_path / "graph.nq").read_bytes().split(b"\n")[:-1]
    assert lines == sorted(lines)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(st.characters(exclude_categories=["Cs"]))), max_size=8))
def test_the_revision_depends_on_what_is_said_not_on_the_order(said: list[tuple[str, str]]) -> None:
    quads = [Quad(NamedNode(f"urn:{name}"), P, Literal(text)) for name, text in said]
    one, other = KnowledgeGraph(), KnowledgeGraph()
    one.add(quads)
    random.shuffle(quads)
    other.add(quads)
    assert one.revision == other.revision
    other.add([Quad(S, P, OBJECT)])
    assert one.revision != other.revision


def test_triples_without_a_graph_are_vocabulary(vocabulary: Path) -> None:
    graph = KnowledgeGraph.load(vocabulary)
    assert {quad.graph_name for quad in graph} == {graph.vocabulary}


def test_a_file_of_a_named_graph_and_stray_triples_gives_one_graph(tmp_path: Path) -> None:
    path = tmp_path / "x.nq"
    path.write_text("<urn:s> <urn:p> <urn:o> .\n<urn:s> <urn:p> <urn:o> <urn:cdkd:graph:mine/accepted> .\n", "utf-8")
    graph = KnowledgeGraph.load(path)
    assert graph.name == "mine"
    assert {quad.graph_name for quad in graph} == {graph.vocabulary, graph.accepted}
    path.write_text(
        "<urn:s> <urn:p> <urn:o> <urn:cdkd:graph:mine/accepted> .\n<urn:s> <urn:p> <urn:o> <urn:cdkd:graph:yours/x> .\n"
    )
    with pytest.raises(GraphError, match="several graphs"):
        KnowledgeGraph.load(path)


def test_blank_nodes_of_a_file_get_the_same_iris_every_time(tmp_path: Path) -> None:
    path = tmp_path / "x.ttl"
    path.write_text("<urn:s> <urn:p> [ <urn:q> 1 ], ( 1 2 ) . _:x <urn:p> _:x .", "utf-8")
    first, second = KnowledgeGraph(), KnowledgeGraph()
    first.load_background([path])
    second.load_background([path])
    assert first.revision == second.revision
    assert len(first) == len(list(parse(path)))
    minted = {quad.subject.value for quad in first} - {"urn:s"}
    assert len(minted) == 4
    assert all(iri.startswith("urn:cdkd:bnode:") for iri in minted)


def test_blank_nodes_of_two_files_stay_apart(tmp_path: Path) -> None:
    graph = KnowledgeGraph()
    for name in "ab":
        (tmp_path / f"{name}.nt").write_text(f'_:x <urn:p> "{name}" .', "utf-8")
    graph.load_background([tmp_path / "a.nt", tmp_path / "b.nt"])
    assert len({quad.subject for quad in graph}) == 2


@pytest.mark.parametrize("node", [BlankNode(), Triple(S, P, OBJECT), NamedNode("javascript:alert(1)")])
def test_what_has_no_place_in_a_graph_is_refused_whole(node: BlankNode | Triple | NamedNode) -> None:
    graph = KnowledgeGraph()
    with pytest.raises(GraphError):
        graph.add([Quad(S, P, OBJECT), Quad(S, P, node)])
    assert len(graph) == 0


def test_rdflib_there_and_back(graph: KnowledgeGraph) -> None:
    graph.add([Quad(S, P, Literal("01", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer")))])
    graph.add([Quad(S, P, Literal('a\n"b', language="de")), Quad(S, P, OBJECT, graph.accepted)])
    dataset = graph.to_rdflib()
    assert isinstance(dataset, rdflib.Dataset)
    assert len(list(dataset.quads())) == len(graph)
    assert KnowledgeGraph.from_rdflib(dataset, "test").revision == graph.revision


def test_blank_nodes_of_rdflib_are_named_by_what_is_said_of_them() -> None:
    revisions = set()
    for _ in range(2):
        dataset = rdflib.Dataset()
        one, other = rdflib.BNode(), rdflib.BNode()
        dataset.add((one, rdflib.URIRef("urn:p"), other))
        dataset.add((other, rdflib.URIRef("urn:p"), rdflib.Literal(1)))
        revisions.add(KnowledgeGraph.from_rdflib(dataset).revision)
    assert len(revisions) == 1


def test_a_term_that_is_not_rdf_is_refused() -> None:
    dataset = rdflib.Dataset()
    dataset.add((rdflib.URIRef("urn:a b"), rdflib.URIRef("urn:p"), rdflib.Literal(1)))
    with pytest.raises(GraphError, match="not RDF"):
        KnowledgeGraph.from_rdflib(dataset)


def test_our_vocabulary_is_written_down_term_by_term() -> None:
    ontology = KnowledgeGraph()
    ontology.load_background([Path(__file__).parents[2] / "graphs" / "ontology.ttl"])
    look = ontology.store.match
    rdfs = "http://www.w3.org/2000/01/rdf-schema#"
    for name in ("label", "comment"):
        said = {quad.subject.value for quad in look(None, NamedNode(rdfs + name), None)}
        assert said - {"urn:cdkd:ns"} == {KD.base + term for term in KD.terms}
    with pytest.raises(AttributeError, match="no term 'confidance'"):
        _ = KD.confidance
    assert SKOS.prefLabel.value == "http://www.w3.org/2004/02/skos/core#prefLabel"


@pytest.mark.parametrize("suffix", ["nq", "trig"])
def test_a_saved_graph_as_background_keeps_decisions_apart_and_proposals_out(suffix: str, tmp_path: Path) -> None:
    saved, triple = KnowledgeGraph("things"), (NamedNode("urn:a"), SKOS.exactMatch, NamedNode("urn:b"))
    saved.add([Quad(*triple, saved.rejected), Quad(NamedNode("urn:a"), SKOS.prefLabel, Literal("a"), saved.vocabulary)])
    saved.add([Quad(NamedNode("urn:c"), SKOS.related, NamedNode("urn:d"), saved.proposed("run"))])
    path = export(saved, tmp_path / f"things.{suffix}")
    graph = KnowledgeGraph("mine")
    graph.load_background([path])
    assert [quad.graph_name for quad in graph.store.match(triple[0], triple[1])] == [graph.rejected]
    assert view.knowledge(graph).num_rows == 0
    assert [label.text for label in graph.labels()] == ["a"]
    assert len(graph) == 2


def test_a_vocabulary_is_replaced_whole_or_not_at_all_and_the_rest_stays(tmp_path: Path) -> None:
    graph, name, first, second = KnowledgeGraph("g"), SKOS.prefLabel, Literal("old"), Literal("new")
    kept = {Quad(S, P, OBJECT, graph.rejected), Quad(S, P, OBJECT, graph.proposed("r"))}
    graph.add([Quad(S, name, first, graph.vocabulary), *kept])
    (tmp_path / "v.nt").write_text(f"{S} {name} {second} .\n")
    (tmp_path / "bad.nt").write_text("nonsense")
    with pytest.raises(GraphError):
        graph.replace_vocabulary([tmp_path / "v.nt", tmp_path / "bad.nt"])
    assert set(graph) == {Quad(S, name, first, graph.vocabulary), *kept}
    graph.replace_vocabulary([tmp_path / "v.nt"])
    assert set(graph) == {Quad(S, name, second, graph.vocabulary), *kept}


@pytest.mark.parametrize("count", [100, 30_000])
def test_a_file_with_graphs_goes_in_whole_or_not_at_all_and_is_never_a_list(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lines = tmp_path / "x.nq", [f'<urn:s{n}> <urn:p> "a name: {n}" .\n' for n in range(count)]
    lines[1] = lines[1].replace(" .", " <urn:cdkd:graph:g/accepted> .")
    path.write_text("".join(lines) + "<urn:a> <urn:p> <urn:b> <urn:cdkd:graph:other/accepted> .\n")
    with graph_folder(tmp_path / "g", create=True) as graph:
        monkeypatch.setattr(graph.store, "add", lambda _: pytest.fail("it came as quads"))
        with pytest.raises(GraphError, match=r"not of 'g'.*x\.nq.*speaks of other"):
            graph.include(path)
        assert len(graph) == 0
        path.write_text("".join(lines))
        graph.include(path)
        assert len(graph) == count
        assert len(list(graph.store.match(graph=graph.accepted))) == 1
