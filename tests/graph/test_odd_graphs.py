"""RDF that is legal and odd: every way of looking at a graph works on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from benchmarks.bad_files import odd
from cdkd_kg.config import GraphConfig
from cdkd_kg.errors import GraphError
from cdkd_kg.graph.difference import difference
from cdkd_kg.graph.export import WRITERS, export
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import SKOS
from cdkd_kg.graph.neighbourhood import as_picture, neighbourhood
from cdkd_kg.graph.summary import summary
from cdkd_kg.graph.tensors import to_tensors
from cdkd_kg.graph.user_query import user_query
from cdkd_kg.graph.validate import validate

A = "http://example.org/a"


@pytest.fixture(params=sorted(odd()))
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, KnowledgeGraph]]:
    file = tmp_path / "odd.ttl"
    file.write_text(odd()[request.param], "utf-8")
    with graph_folder(tmp_path / "odd", create=True) as graph:
        graph.include(file)
        yield file, graph


def test_an_odd_graph_is_shown_checked_counted_and_turned_into_tensors(opened: tuple[Path, KnowledgeGraph]) -> None:
    _, graph = opened
    around = neighbourhood(graph, A)
    assert around["iri"] == A
    assert as_picture(around)["nodes"]
    assert summary(graph)["quads"] == len(graph)
    assert isinstance(validate(graph), list)
    assert to_tensors(graph, GraphConfig(min_documents=1)) is not None


def test_an_odd_graph_is_written_in_every_format_and_read_again(opened: tuple[Path, KnowledgeGraph]) -> None:
    file, graph = opened
    for form in WRITERS:
        path = export(graph, file.with_name(f"out.{form}"))
        if form not in ("graphml", "tsv", "sssom.tsv"):
            assert len(KnowledgeGraph.load(path)) == len(graph)


@pytest.mark.parametrize("name", sorted(odd()))
def test_an_odd_graph_is_compared_and_asked(name: str, tmp_path: Path) -> None:
    file, folder = tmp_path / "odd.ttl", tmp_path / "odd"
    file.write_text(odd()[name], "utf-8")
    with graph_folder(folder, create=True) as graph:
        graph.include(file)
    assert difference(file, folder) == ([], [])
    assert user_query(folder, "ASK { ?s ?p ?o }") == {"answer": True}


def test_a_type_of_literals_that_could_do_harm_is_refused() -> None:
    graph = KnowledgeGraph()
    text = Literal("x", datatype=NamedNode("javascript:alert(1)"))
    with pytest.raises(GraphError, match="scheme 'javascript'"):
        graph.add([Quad(NamedNode(A), SKOS.note, text)])
    assert len(graph) == 0


def test_a_name_with_characters_that_xml_forbids_is_written_as_xml(tmp_path: Path) -> None:
    graph = KnowledgeGraph()
    graph.add([Quad(NamedNode(A), SKOS.prefLabel, Literal("a\0b\x01c", language="en"))])
    graph.add([Quad(NamedNode(A), SKOS.related, NamedNode("urn:b"))])
    ElementTree.parse(export(graph, tmp_path / "x.graphml"))  # noqa: S314 - this test wrote it
