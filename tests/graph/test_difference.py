"""What one revision of a graph says that another does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.errors import MissingResourceError
from cdkd_kg.graph.difference import difference
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import PROV, RDF, SKOS

A, B = NamedNode("urn:a"), NamedNode("urn:b")


def saved(graph: KnowledgeGraph, path: Path) -> Path:
    graph.save(path)
    return path


def named(name: str, *texts: str, run: str = "") -> KnowledgeGraph:
    graph = KnowledgeGraph(name)
    graph.add([Quad(A, SKOS.prefLabel, Literal(text), graph.vocabulary) for text in texts])
    if run:
        proposed = graph.proposed(run)
        graph.add([Quad(A, SKOS.related, B, proposed)])
        graph.add([Quad(NamedNode(f"urn:cdkd:run:{run}/texts"), RDF.type, PROV.Entity, proposed)])
        graph.add([Quad(proposed, PROV.wasGeneratedBy, NamedNode(f"urn:cdkd:run:{run}"), proposed)])
    return graph


def test_lines_are_compared_whole_whatever_a_literal_holds(tmp_path: Path) -> None:
    trap = "one\u2028same \u0085 <urn:cdkd:graph:new/vocabulary> tail"
    old, new = named("old", trap, "x"), named("new", trap, "y")
    assert difference(saved(old, tmp_path / "old.nq"), saved(new, tmp_path / "new.nq")) == (
        [f'{A} {SKOS.prefLabel} "x" <urn:cdkd:graph:new/vocabulary> .'],
        [f'{A} {SKOS.prefLabel} "y" <urn:cdkd:graph:new/vocabulary> .'],
    )


def test_a_file_without_graphs_takes_the_name_of_the_other(tmp_path: Path) -> None:
    (tmp_path / "v.nt").write_text(f'{A} {SKOS.prefLabel} "x" .\n')
    with graph_folder(tmp_path / "things", create=True) as graph:
        graph.add([Quad(A, SKOS.prefLabel, Literal("x")), Quad(B, SKOS.prefLabel, Literal("y"))])
    line = f'{B} {SKOS.prefLabel} "y" <urn:cdkd:graph:things/vocabulary> .'
    assert difference(tmp_path / "v.nt", tmp_path / "things") == ([], [line])
    assert difference(tmp_path / "things", tmp_path / "v.nt") == ([line], [])


def test_the_same_proposals_of_another_run_are_no_difference(tmp_path: Path) -> None:
    old = saved(named("g", "x", run="0123"), tmp_path / "old.nq")
    assert difference(old, saved(named("g", "x", run="4567"), tmp_path / "new.nq")) == ([], [])
    removed, added = difference(old, saved(named("g", "y", run="4567"), tmp_path / "new.nq"))
    assert (len(removed), len(added)) == (1, 1)


def test_what_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="no graph in this folder"):
        difference(tmp_path / "none", tmp_path / "none")
