"""What every graph store must do: Oxigraph in memory and in a folder, rdflib, and a real SPARQL server."""

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad

from benchmarks.liar import served
from cdkd_kg.errors import GraphError
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import RDF, SKOS, XSD
from cdkd_kg.graph.stores.endpoint import EndpointStore
from cdkd_kg.graph.stores.oxigraph import OxigraphStore
from cdkd_kg.graph.stores.port import GraphStore, Query
from cdkd_kg.graph.stores.rdflib import RdflibStore

A, B, P, G, H = (NamedNode(f"http://example.org/{name}") for name in ("a", "b", "p", "g", "h"))
QUADS = [
    Quad(A, P, B, G),
    Quad(A, P, Literal('one\n"two" \\ \t three', language="en"), G),
    Quad(B, P, Literal("1", datatype=XSD.integer), G),
    Quad(B, P, Literal("2", datatype=XSD.integer), H),
    Quad(B, RDF.type, SKOS.Concept, H),
]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("oxigraph", path=sysconfig.get_path("scripts"))
    assert program, "the development dependency oxigraph is not installed"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    command = [program, "serve", "--location", str(folder / "data"), "--bind", f"127.0.0.1:{port}"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        address = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                httpx.get(address, timeout=1)
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield address
        process.terminate()


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


def endpoint(server: str) -> EndpointStore:
    return EndpointStore(f"{server}/query", f"{server}/update", timeout=10)


def everything(store: GraphStore) -> set[Quad]:
    return set(store.match())


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


def test_a_folder_outlives_the_store_and_has_one_owner(tmp_path: Path) -> None:
    store = OxigraphStore(tmp_path / "store")
    store.add(QUADS)
    with pytest.raises(GraphError, match="cannot be opened"):
        OxigraphStore(tmp_path / "store")
    store.close()
    assert everything(OxigraphStore(tmp_path / "store")) == set(QUADS)


MANY = b"".join(b'<urn:a:%d> <urn:p> "a name that takes some room: %d" .\n' % (n, n) for n in range(20_000))
"""More than fits in one transaction of a folder."""


@pytest.mark.parametrize("folder", ["plain", "linked"])
def test_a_big_file_leaves_the_folder_and_what_else_is_in_it(folder: str, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "notes.txt").write_text("mine")
    (tmp_path / "linked").symlink_to("plain")
    store = OxigraphStore(tmp_path / folder)
    store.load_triples(io.BytesIO(MANY), G)
    store.load_triples(io.BytesIO(MANY), H)
    with pytest.raises(SyntaxError):
        store.load_triples(io.BytesIO(MANY.replace(b"urn:a", b"urn:b") + b"nonsense"), H)
    assert len(store) == 40_000
    store.close()
    assert len(OxigraphStore(tmp_path / folder)) == 40_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["linked", "plain"]
    assert (tmp_path / "plain" / "notes.txt").read_text() == "mine"


def test_a_folder_is_never_free_while_a_big_file_is_loaded(tmp_path: Path) -> None:
    opened = []

    class Watching(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            try:
                OxigraphStore(tmp_path / "store").close()
                opened.append(self.tell())
            except GraphError:
                pass
            return super().read(size)

    store = OxigraphStore(tmp_path / "store")
    store.load_triples(Watching(MANY), G)
    with pytest.raises(GraphError, match="cannot be opened"):
        OxigraphStore(tmp_path / "store")
    assert (opened, len(store)) == ([], 20_000)


def test_what_a_killed_load_left_is_removed_when_the_folder_is_opened(tmp_path: Path) -> None:
    store = OxigraphStore(tmp_path / "store")
    store.add(QUADS)
    store.close()
    left, other = (tmp_path / "store" / name for name in ("bulk-120433821735154.sst", "bulk-mine.sst"))
    left.write_bytes(b"half a file")
    other.write_bytes(b"mine")
    assert len(OxigraphStore(tmp_path / "store")) == len(QUADS)
    assert (left.exists(), other.exists()) == (False, True)


def test_a_data_set_of_rdflib_stays_its_owners() -> None:
    dataset = rdflib.Dataset()
    store = RdflibStore(dataset)
    store.add(QUADS[:1])
    dataset.graph(rdflib.URIRef(G.value)).add((rdflib.URIRef(B.value), rdflib.URIRef(P.value), rdflib.Literal("x")))
    assert len(store) == len(everything(store)) == 2
    assert len(store.select(Query("SELECT ?s { ?s ?p ?o }", graphs=(G,))).splitlines()) == 3


def test_looking_into_a_data_set_of_rdflib_changes_nothing() -> None:
    store = RdflibStore()
    store.add(QUADS[:1])
    before = {graph.identifier for graph in store.dataset.graphs()}
    assert list(store.match(graph=H)) == []
    store.patch(QUADS[3:], ())
    assert {graph.identifier for graph in store.dataset.graphs()} == before


@pytest.mark.parametrize("fault", ["blank node", "outside named graphs"])
def test_a_data_set_of_rdflib_that_is_no_store_is_refused_with_a_way_out(fault: str) -> None:
    dataset = rdflib.Dataset()
    held = dataset.graph(rdflib.URIRef(G.value)) if fault == "blank node" else dataset
    node = rdflib.BNode() if fault == "blank node" else rdflib.URIRef(A.value)
    held.add((node, rdflib.URIRef(P.value), rdflib.Literal("x")))
    with pytest.raises(GraphError, match=rf"{fault}.*KnowledgeGraph\.from_rdflib"):
        RdflibStore(dataset)
    assert len(KnowledgeGraph.from_rdflib(dataset)) == 1


def test_what_the_owner_adds_later_is_looked_at_when_it_is_read() -> None:
    dataset = rdflib.Dataset()
    store = RdflibStore(dataset)
    dataset.graph(rdflib.URIRef(G.value)).add((rdflib.BNode(), rdflib.URIRef(P.value), rdflib.Literal("x")))
    for read in (store.__len__, store.match, store.named_graphs, store.dump):
        with pytest.raises(GraphError, match="blank node"):
            read()


def test_an_endpoint_without_an_address_for_updates_is_read_only(server: str) -> None:
    with pytest.raises(GraphError, match="read-only"):
        EndpointStore(f"{server}/query").add(QUADS)


@pytest.fixture(scope="module")
def liar() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/html", "text/html came"),
        ("/half", "not what SPARQL says"),
        ("/blank", "blank node"),
        ("/word", "not a number"),
        ("/yes", "yes or no"),
        ("/endless", "over 256 MiB"),
        ("/silent", "too slow"),
        ("/refuse", "status 403"),
        ("/redirect", "status 307"),
        ("/packed", "is packed.*gzip, gzip"),
        ("/bomb", "is packed"),
        ("/cut", "does not answer"),
    ],
)
def test_an_endpoint_that_lies_is_found_out(liar: str, path: str, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        len(EndpointStore(liar + path, timeout=1))


@pytest.mark.parametrize("path", ["/drip", "/headers"])
def test_an_endpoint_that_drips_for_ever_is_left_and_so_is_its_connection(liar: str, path: str) -> None:
    threads, store = set(threading.enumerate()), EndpointStore(liar + path, liar + path, timeout=5, longest=0.5)
    begin = time.monotonic()
    with pytest.raises(GraphError, match=r"not ended after 0\.5 s"):
        len(store)
    with pytest.raises(GraphError, match=r"not ended after 0\.5 s.*may have been carried out or not"):
        store.add(QUADS)
    assert time.monotonic() - begin < 4
    for thread in set(threading.enumerate()) - threads:
        thread.join(5)
        assert not thread.is_alive(), "it reads on, though nobody waits"


def test_an_endpoint_that_gives_what_was_not_asked_for_is_found_out(liar: str) -> None:
    with pytest.raises(GraphError, match="not asked for"):
        list(EndpointStore(f"{liar}/wrong").match(A))
    with pytest.raises(GraphError, match="a part is missing"):
        EndpointStore(f"{liar}/part").select(Query("SELECT ?s { ?s ?p ?o }"))


@pytest.mark.parametrize("path", ["/silent", "/gateway", "/cut", "/packed"])
def test_an_update_without_an_answer_may_have_been_carried_out_and_it_is_said(liar: str, path: str) -> None:
    with pytest.raises(GraphError, match=r"may have been carried out or not.*same change twice"):
        EndpointStore(liar, liar + path, timeout=1).add(QUADS)


@pytest.mark.parametrize("path", ["/refuse", "/redirect"])
def test_an_update_that_was_refused_was_not_carried_out(liar: str, path: str) -> None:
    with pytest.raises(GraphError, match="refuses") as caught:
        EndpointStore(liar, liar + path).add(QUADS)
    assert "carried out" not in str(caught.value)


def test_an_update_that_was_never_sent_was_not_carried_out() -> None:
    with pytest.raises(GraphError, match="does not answer") as caught:
        EndpointStore("http://127.0.0.1:9/", "http://127.0.0.1:9/").add(QUADS)
    assert "carried out" not in str(caught.value)


def test_a_change_that_was_carried_out_and_is_sent_again_is_one_change(server: str) -> None:
    store = endpoint(server)
    store.patch(list(store.match()), QUADS[:3])
    for _ in range(2):
        store.patch(QUADS[:1], QUADS[3:])
    assert everything(store) == set(QUADS[1:])


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/query", "not an address", "ftp://127.0.0.1/x"])
def test_an_endpoint_that_is_down_is_an_error(address: str) -> None:
    with pytest.raises(GraphError, match="does not answer"):
        len(EndpointStore(address, timeout=2))
