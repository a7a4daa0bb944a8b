"""What every graph store must do: Oxigraph in memory and in a folder, rdflib, and a real SPARQL server."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import RDF, SKOS, XSD
from cdkd_kg.graph.stores.oxigraph import OxigraphStore
from cdkd_kg.graph.stores.port import GraphStore, Query
from cdkd_kg.graph.stores.rdflib import RdflibStore
from tests.contracts.helpers import QUADS, A, B, G, H, P, endpoint, everything


@pytest.fixture(params=["oxigraph in memory", "oxigraph in a folder", "rdflib", "endpoint"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    if request.param == "endpoint":
        found: GraphStore = endpoint(request.getfixturevalue("server"))
        found.patch(list(found.match()), ())
    elif request.param == "rdflib":
        found = RdflibStore()
    else:
        found = OxigraphStore(tmp_path / "store" if "folder" in request.param else None)
    yield found
    found.close()


def test_what_is_added_is_there_once_and_unchanged(store: GraphStore) -> None:
    store.add(QUADS)
    store.add(QUADS[:2])
    assert len(store) == len(QUADS)
    assert everything(store) == set(QUADS)
    assert sorted(store.dump().decode().splitlines()) == sorted(f"{quad} ." for quad in QUADS)


def test_an_empty_store_has_nothing(store: GraphStore) -> None:
    assert len(store) == 0
    assert everything(store) == set()
    assert store.named_graphs() == []
    assert store.dump() == b""
    store.patch((), ())


def test_every_term_of_a_pattern_is_looked_at(store: GraphStore) -> None:
    store.add(QUADS)
    assert set(store.match(A, None, None)) == set(QUADS[:2])
    assert set(store.match(None, RDF.type, None)) == {QUADS[4]}
    assert set(store.match(None, None, QUADS[1].object)) == {QUADS[1]}
    assert set(store.match(None, None, Literal("1", datatype=XSD.integer))) == {QUADS[2]}
    assert set(store.match(graph=H)) == set(QUADS[3:])
    assert set(store.match(B, P, None, G)) == {QUADS[2]}
    assert set(store.match(NamedNode("http://example.org/none"), None, None)) == set()


def test_a_patch_removes_then_adds(store: GraphStore) -> None:
    store.add(QUADS)
    new = Quad(B, P, A, H)
    store.patch([*QUADS[:3], Quad(A, P, A, G)], [QUADS[0], new])
    assert everything(store) == {QUADS[0], *QUADS[3:], new}


def test_triples_are_loaded_whole_or_not_at_all(store: GraphStore) -> None:
    good = b'<urn:a> <urn:p> "x"@en .\n<urn:a> <urn:p> <urn:b> .\n'
    store.load_triples(io.BytesIO(good), G)
    assert {quad.graph_name for quad in store.match()} == {G}
    with pytest.raises(SyntaxError):
        store.load_triples(io.BytesIO(good.replace(b"urn:a", b"urn:c") + b"<urn:a> nonsense"), H)
    assert len(store) == 2


def test_quads_are_loaded_whole_or_not_at_all(store: GraphStore) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if block := super().read(min(size or 10, 10)):
                return block
            raise RuntimeError("the source broke")

    data = b"".join(f"{quad} .\n".encode() for quad in QUADS)
    with pytest.raises(RuntimeError, match="the source broke"):
        store.load_quads(Breaking(data))
    assert everything(store) == set()
    store.load_quads(io.BytesIO(data))
    assert everything(store) == set(QUADS)


def test_a_graph_without_quads_is_no_graph(store: GraphStore) -> None:
    store.add(QUADS)
    assert store.named_graphs() == [G, H]
    store.patch(QUADS[:3], ())
    assert store.named_graphs() == [H]


def test_an_addition_that_fails_changes_nothing(store: GraphStore) -> None:
    def failing() -> Iterator[Quad]:
        yield QUADS[0]
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        store.add(failing())
    with pytest.raises(RuntimeError, match="the source broke"):
        store.patch([], failing())
    assert len(store) == 0


def test_a_select_sees_the_graphs_it_names_and_values_are_bound(store: GraphStore) -> None:
    store.add(QUADS)
    both = Query(
        "SELECT ?s ?o { ?s ?p ?o FILTER (?p != p:q) }", {"p": "http://example.org/"}, (G, H), bindings={"s": B}
    )
    rows = [line.split("\t") for line in store.select(both).decode().split("\n")[1:-1]]
    assert {subject for subject, _ in rows} == {str(B)}
    assert {target.partition("^^")[0].strip('"') for _, target in rows} == {"1", "2", str(SKOS.Concept)}
    one = Query("SELECT ?s ?o { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s a ?t } } }", {}, (G,), (H,))
    assert {line.split(b"\t")[0] for line in store.select(one).splitlines()[1:]} == {str(A).encode()}


def test_a_value_that_looks_like_sparql_is_a_value(store: GraphStore) -> None:
    evil = Literal('" } ; DROP ALL ; #\n')
    store.add([*QUADS, Quad(A, P, evil, G)])
    found = store.select(Query("SELECT ?s ?o { ?s ?p ?o }", graphs=(G,), bindings={"o": evil}))
    assert [line.split(b"\t")[0] for line in found.split(b"\n")[1:-1]] == [str(A).encode()]
    assert len(store) == len(QUADS) + 1


def test_a_name_that_is_no_variable_never_reaches_a_query(store: GraphStore) -> None:
    store.add([Quad(A, P, B, G)])
    with pytest.raises(ValueError, match="variable"):
        store.select(Query("SELECT ?s { ?s ?p ?o }", graphs=(G,), bindings={"s } DROP ALL #": B}))
    assert len(store) == 1


def test_a_typed_join_over_two_hops_does_not_multiply(store: GraphStore) -> None:
    nodes = [NamedNode(f"http://example.org/n{n}") for n in range(300)]
    store.add(Quad(node, RDF.type, SKOS.Concept, G) for node in nodes)
    store.add(Quad(one, SKOS.broader, other, G) for one, other in pairwise(nodes))
    text = "SELECT ?a ?c { ?a a s:Concept . ?b a s:Concept . ?c a s:Concept . ?a s:broader ?b . ?b s:broader ?c }"
    assert len(store.select(Query(text, {"s": SKOS.base}, (G,))).splitlines()) == 1 + 298


TERMS = st.one_of(
    st.sampled_from([A, B]),
    st.builds(Literal, st.text(st.characters(exclude_categories=["Cs"]), max_size=8)),
    st.builds(Literal, st.text('ab \n\t"\\', max_size=4), language=st.sampled_from(["en", "de-at"])),
)
STATED = st.lists(st.builds(Quad, st.sampled_from([A, B]), st.just(P), TERMS, st.sampled_from([G, H])), max_size=6)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(first=STATED, removed=STATED, added=STATED)
def test_any_patch_is_set_arithmetic(
    store: GraphStore, first: list[Quad], removed: list[Quad], added: list[Quad]
) -> None:
    store.patch(list(everything(store)), ())
    store.add(first)
    store.patch(removed, added)
    assert everything(store) == (set(first) - set(removed)) | set(added)


def test_a_knowledge_graph_is_the_same_on_every_store(store: GraphStore, tmp_path: Path) -> None:
    path = tmp_path / "x.ttl"
    path.write_text(
        "@prefix s: <http://www.w3.org/2004/02/skos/core#> . <urn:a> s:prefLabel 'A'@en; s:broader <urn:b> ."
    )
    graph, other = KnowledgeGraph("x", store), KnowledgeGraph("x")
    for one in (graph, other):
        one.load_background([path])
    assert graph.revision == other.revision
    assert [label.text for label in graph.labels()] == ["A"]
