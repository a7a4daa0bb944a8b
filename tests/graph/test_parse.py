from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, serialize

from cdkd_kg.errors import GraphError, MissingResourceError
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.parse import FORMATS, parse, plain_triples

S, P, OBJECT, G = (NamedNode(f"http://example.org/{name}") for name in "spog")
ONE = {
    ".nt": "<http://example.org/s> <http://example.org/p> <http://example.org/o> .",
    ".ttl": "@prefix e: <http://example.org/> . e:s e:p e:o .",
    ".nq": "<http://example.org/s> <http://example.org/p> <http://example.org/o> .",
    ".trig": "@prefix e: <http://example.org/> . { e:s e:p e:o }",
    ".jsonld": '{"@id": "http://example.org/s", "http://example.org/p": {"@id": "http://example.org/o"}}',
    ".rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://example.org/">'
    '<rdf:Description rdf:about="http://example.org/s"><e:p rdf:resource="http://example.org/o"/>'
    "</rdf:Description></rdf:RDF>",
}
ONE[".owl"] = ONE[".xml"] = ONE[".rdf"]
CHARACTERS = st.characters(exclude_categories=["Cs"])


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_every_format_is_read_plain_and_packed(suffix: str, tmp_path: Path) -> None:
    plain, packed = tmp_path / f"one{suffix}", tmp_path / f"one{suffix}.gz"
    plain.write_text(ONE[suffix], "utf-8")
    packed.write_bytes(gzip.compress(ONE[suffix].encode()))
    assert list(parse(plain)) == list(parse(packed)) == [Quad(S, P, OBJECT)]


@given(text=st.text(CHARACTERS), language=st.sampled_from(["", "en", "de-at"]), tail=st.text(CHARACTERS))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, text: str, language: str, tail: str
) -> None:
    try:
        node = NamedNode("http://example.org/" + tail)
    except ValueError:
        node = OBJECT
    quads = [Quad(node, P, Literal(text, language=language or None), G), Quad(S, P, node, G)]
    folder = tmp_path_factory.mktemp("again")
    for name, rdf_format in (("x.nq", RdfFormat.N_QUADS), ("x.trig", RdfFormat.TRIG)):
        serialize(quads, folder / name, rdf_format)
        assert set(parse(folder / name)) == set(quads)


def test_a_relative_iri_needs_a_base(tmp_path: Path) -> None:
    path = tmp_path / "x.ttl"
    path.write_text("<s> <p> <o> .", "utf-8")
    assert list(parse(path, "http://example.org/")) == [Quad(S, P, OBJECT)]
    with pytest.raises(GraphError, match="line 1"):
        list(parse(path))


def test_an_error_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.nt"
    path.write_text(f"{ONE['.nt']}\n\n<http://example.org/s> oops .\n", "utf-8")
    with pytest.raises(GraphError, match=r"bad\.nt, line 3"):
        list(parse(path))


def test_an_unknown_suffix_and_a_missing_file_are_said(tmp_path: Path) -> None:
    (tmp_path / "x.tll").write_text("", "utf-8")
    with pytest.raises(GraphError, match=r"did you mean '\.ttl'"):
        list(parse(tmp_path / "x.tll"))
    with pytest.raises(MissingResourceError, match=r"none\.ttl"):
        list(parse(tmp_path / "none.ttl"))


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ('<urn:a> <http://x/p> "1"^^<https://x/t> .', True),
        ("<urn:a> <urn:p> _:b .", False),
        ("<urn:a> <urn:p>_:b .", False),
        ("<urn:a> <urn:p> <urn:b> .\r_:b <urn:p> <urn:a> .", False),
        ("_:b <urn:p> <urn:a> .", False),
        ("<javascript:x> <urn:p> <urn:a> .", False),
        ("<\\u0066ile:x> <urn:p> <urn:a> .", False),
        ('<urn:a> <urn:p> "a < b" .', False),
        ("<< <urn:a> <urn:p> <urn:b> >> <urn:p> <urn:a> .", False),
        (f'<urn:a> <urn:p> "{"x" * (1 << 20)}" .', False),
    ],
)
def test_only_triples_that_need_no_look_at_each_term_are_plain(tmp_path: Path, line: str, plain: bool) -> None:
    path = tmp_path / "x.nt"
    path.write_text(f"<urn:a> <urn:p> <urn:b> .\n{line}\n", "utf-8")
    assert (plain_triples(path) is not None) is plain


@pytest.mark.parametrize("line", ["<urn:a> <urn:p>_:b .", "<urn:a> <urn:p> <urn:b> .\r_:b <urn:p> <urn:b> ."])
def test_no_blank_node_comes_in_however_it_is_written(tmp_path: Path, line: str) -> None:
    path = tmp_path / "x.nt"
    path.write_bytes(line.encode())
    graph = KnowledgeGraph()
    graph.load_background([path])
    assert "_:" not in graph.to_bytes().decode()
    assert "urn:cdkd:bnode:" in graph.to_bytes().decode()


def test_plain_triples_load_as_others_do_and_are_refused_as_others_are(tmp_path: Path) -> None:
    path = tmp_path / "x.nt"
    path.write_text("<urn:a> <urn:p> <urn:b> .\n<urn:a> <urn:p> <urn:c d> .\n", "utf-8")
    graph = KnowledgeGraph()
    with pytest.raises(GraphError, match=r"x.nt, line 2"):
        graph.load_background([path])
    assert len(graph) == 0
    path.write_text("<urn:a> <urn:p> <urn:b> .\n", "utf-8")
    graph.load_background([path])
    assert [quad.graph_name for quad in graph] == [graph.vocabulary]


def test_named_graphs_of_json_ld_stay_what_they_are(tmp_path: Path) -> None:
    path, graph = tmp_path / "x.jsonld", KnowledgeGraph("x")
    path.write_text(
        '{"@id": "urn:cdkd:graph:x/rejected", "@graph": {"@id": "urn:s", "urn:p": {"@id": "urn:o"}}}', "utf-8"
    )
    graph.include(path)
    assert [quad.graph_name for quad in graph] == [graph.rejected]
    with pytest.raises(GraphError, match="not of 'other'"):
        KnowledgeGraph("other").include(path)


def test_a_long_iri_in_a_plain_line_is_refused(tmp_path: Path) -> None:
    path, graph = tmp_path / "x.nt", KnowledgeGraph()
    path.write_text(f"<urn:s> <urn:p> <urn:{'A' * (8 << 10)}> .\n", "utf-8")
    with pytest.raises(GraphError, match="IRI is over 8 KiB"):
        graph.include(path)
