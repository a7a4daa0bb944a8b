"""A SPARQL endpoint as the store: what it says when the server lies, drips, or does not answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from benchmarks.liar import served
from cdkd_kg.errors import GraphError
from cdkd_kg.graph.stores.endpoint import EndpointStore
from cdkd_kg.graph.stores.port import Query
from tests.contracts.helpers import QUADS, A, endpoint, everything


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
    with pytest.raises(GraphError, match=r"not ended after 0\.5 s"):
        len(store)
    with pytest.raises(GraphError, match=r"not ended after 0\.5 s.*may have been carried out or not"):
        store.add(QUADS)
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
