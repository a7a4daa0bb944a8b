"""Queries of users: what is answered, what is refused, and what happens when one takes too long."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.errors import ConfigError, GraphError, MissingResourceError
from cdkd_kg.graph import query_worker
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.namespaces import SKOS
from cdkd_kg.graph.stores import copies
from cdkd_kg.graph.user_query import checked_query, user_query

SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?p ?x . ?b ?p ?y . ?c ?p ?z FILTER (?x != ?y && ?y != ?z) }"
A, B = NamedNode("urn:a"), NamedNode("urn:b")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graphs") / "small"
    with graph_folder(path, create=True) as graph:
        graph.add([Quad(A, SKOS.prefLabel, Literal("ox", language="en")), Quad(A, SKOS.broader, B)])
        graph.add([Quad(A, SKOS.related, B, name) for name in (graph.rejected, graph.proposed("r"))])
        graph.add(Quad(NamedNode(f"urn:n{n}"), SKOS.notation, Literal(str(n))) for n in range(3000))
    return path


def test_select_ask_and_construct_are_answered(folder: Path) -> None:
    found = user_query(folder, "SELECT ?o { <urn:a> ?p ?o } ORDER BY ?o")
    assert found == {"variables": ["o"], "rows": [["<urn:b>"], ['"ox"@en']], "more": False}
    assert user_query(folder, "ASK { ?s ?p <urn:b> }") == {"answer": True}
    made = user_query(folder, "CONSTRUCT { ?o <urn:p> ?s } WHERE { ?s ?p ?o FILTER isIRI(?o) }")
    assert made["rows"] == [["<urn:b>", "<urn:p>", "<urn:a>"]]


def test_what_was_rejected_does_not_hold(folder: Path) -> None:
    query = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> ASK { ?s skos:related ?o }"
    assert user_query(folder, query) == {"answer": False}
    assert user_query(folder, query.replace("{ ?s", "{ GRAPH ?g { ?s").replace("}", "} }")) == {"answer": True}


def test_what_was_rejected_is_not_copied_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the rejected quad is taken out of a copy of links, also where the log alone holds quads."""
    killed = "import sys; from tests.graph.test_user_query import fill; fill(sys.argv[1])"
    subprocess.run([sys.executable, "-c", killed, str(tmp_path / "g")], check=True)
    before = {path.name: path.read_bytes() for path in (tmp_path / "g" / "store").iterdir()}
    task = {
        "store": str(tmp_path / "g" / "store"),
        "aside": str(tmp_path / "aside"),
        "name": "g",
        "query": "SELECT ?s ?o { ?s <urn:p> ?o }",
        "bindings": {},
        "rows": 10,
        "wait": 1,
    }
    monkeypatch.setattr(query_worker, "_in_memory", lambda _: pytest.fail("the store was copied"))
    assert query_worker.answer(task)["rows"] == [["<urn:b>", "<urn:a>"]]
    assert (tmp_path / "aside").is_dir()
    assert {path.name: path.read_bytes() for path in (tmp_path / "g" / "store").iterdir()} == before
    monkeypatch.undo()
    (tmp_path / "aside").rename(tmp_path / "other")
    monkeypatch.setattr(copies.os, "link", no_link)
    assert query_worker.answer(task)["rows"] == [["<urn:b>", "<urn:a>"]]


def fill(folder: str) -> None:
    with graph_folder(folder, create=True) as graph:
        graph.add([Quad(A, NamedNode("urn:p"), B, name) for name in (graph.vocabulary, graph.rejected)])
        graph.add([Quad(B, NamedNode("urn:p"), A)])
        os._exit(0)


def no_link(*_: object) -> None:
    raise OSError("there are no hard links here")


def test_a_query_leaves_nothing_in_the_folder(folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    user_query(folder, "ASK { ?s ?p ?o }")
    assert {path.name for path in folder.iterdir()} == before == {"store", "written"}


def test_rows_are_limited_and_it_is_said(folder: Path) -> None:
    found = user_query(folder, "SELECT ?s { ?s ?p ?o }", rows=5)
    assert (len(found["rows"]), found["more"]) == (5, True)


def test_values_are_bound_not_written_in(folder: Path) -> None:
    evil = Literal('ox" } #', language="en")
    text = "SELECT ?s ?o { ?s ?p ?o }"
    assert user_query(folder, text, {"o": evil})["rows"] == []
    assert user_query(folder, text, {"o": Literal("ox", language="en")})["rows"] == [["<urn:a>", '"ox"@en']]


def test_a_query_that_takes_too_long_is_ended(folder: Path) -> None:
    with pytest.raises(GraphError, match="longer than 2 s"):
        user_query(folder, SLOW, seconds=2)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { sErViCe SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { \\u0053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
        "SELECT * FROM NAMED <urn:x> { ?s ?p ?o }",
        "ASK { ?s ?p ?o FILTER EXISTS { SERVICE ?s { ?a ?b ?c } } }",
        "LOAD <http://127.0.0.1:9/>",
        "DELETE WHERE { ?s ?p ?o }",
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
        "DESCRIBE <urn:a>",
        "PREFIX x: <urn:x> DROP ALL",
        "SELECT ?s { ?s ?p }",
        "SELECT * { ?s ?p ?o } ; DROP ALL",
        "",
        "hello",
    ],
)
def test_what_reaches_out_or_changes_anything_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="not a query that can be asked"):
        checked_query(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?service { ?service ?from 'SERVICE <x> FROM' } # LOAD",
        'PREFIX from: <urn:load#> SELECT ?s { ?s from:service """DROP "quoted" ALL""" }',
        "SELECT ?s { <http://x/SERVICE> <urn:FROM> ?s FILTER(?s < 3 && 2 > ?s) }",
    ],
)
def test_words_in_names_and_texts_are_no_keywords(text: str) -> None:
    assert checked_query(text) == text


def test_a_graph_that_is_written_to_is_not_read(folder: Path) -> None:
    with graph_folder(folder), pytest.raises(GraphError, match=r"has the graph open.*ask again"):
        user_query(folder, "ASK { ?s ?p ?o }", seconds=2)
    assert user_query(folder, "ASK { ?s ?p ?o }") == {"answer": True}


def test_a_query_waits_a_moment_for_a_writer(folder: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with graph_folder(folder):
            answer = pool.submit(user_query, folder, "ASK { ?s ?p ?o }")
            time.sleep(1)
            assert not answer.done()
        assert answer.result() == {"answer": True}


def test_a_graph_that_is_read_is_not_written_to_but_read_by_others(folder: Path) -> None:
    def asked() -> None:
        with pytest.raises(GraphError, match="longer than 6 s"):
            user_query(folder, SLOW, seconds=6)

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(asked)
        time.sleep(3)
        with pytest.raises(GraphError, match="cannot be opened"), graph_folder(folder):
            pass
        assert user_query(folder, "ASK { ?s ?p ?o }") == {"answer": True}
        answer.result()
    with graph_folder(folder) as graph:
        assert len(graph) == 3004


def test_a_folder_without_a_graph_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="no graph in this folder"):
        user_query(tmp_path / "none", "ASK { ?s ?p ?o }")


def test_a_worker_that_breaks_off_is_told_as_want_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with graph_folder(tmp_path / "small", create=True) as graph:
        graph.add([Quad(NamedNode("urn:a"), SKOS.prefLabel, Literal("a"), graph.vocabulary)])
    broken = subprocess.CompletedProcess([], -6, "", "skipping backtrace printing to avoid potential recursion.")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: broken)
    with pytest.raises(GraphError, match="want of memory") as error:
        user_query(tmp_path / "small", "ASK {}")
    assert "backtrace" not in str(error.value)
