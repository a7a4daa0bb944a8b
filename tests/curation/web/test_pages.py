"""The pages where something goes wrong: always an answer, and always what it is now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cdkd_kg.graph.decisions.log import DecisionLog
from tests.curation.conftest import make
from tests.curation.web.server import TOKEN, served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "ills")


@pytest.fixture
def real(folder: Path) -> Iterator[httpx.Client]:
    """A real server, since one without a socket answers before it hangs."""
    with served(folder) as address, httpx.Client(base_url=address, timeout=10) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield client


def decide(client: httpx.Client, seen: int, *words: str, **more: str) -> httpx.Response:
    verb, *rest = words
    return client.post("/decide", data={"verb": verb, "words": rest} | more, headers={"If-Match": f'"{seen}"'})


def test_the_page_of_what_is_gone_is_answered_with_why(real: httpx.Client) -> None:
    item = next(one["id"] for one in real.get("/api/items").json()["items"] if one["title"] == "it")
    assert "a sore" in decide(real, 0, "create", item, "a sore").text
    made = real.get("/api/entities", params={"typed": "a sore"}).json()[0]["iri"]
    assert real.post("/api/undo", json={"decision": "1"}, headers={"If-Match": '"1"'}).status_code == 201
    answer = decide(real, 1, "add-alias", made, "ulcer", page="entity", shown=made)
    assert answer.status_code in (404, 412)
    assert 'role="alert"' in answer.text


def test_what_was_decided_is_said_though_the_page_cannot_be_shown(real: httpx.Client, folder: Path) -> None:
    answer = decide(real, 0, "add-alias", "flu", "the bug", page="entity", shown="nobody")
    assert answer.status_code == 200
    assert "&#39;flu&#39; is also called &#39;the bug&#39;" in answer.text
    assert DecisionLog(folder).last() == 1


def test_a_log_that_cannot_be_read_is_said_on_the_page(real: httpx.Client, folder: Path) -> None:
    DecisionLog(folder).file.write_bytes(b"no database")
    for answer in (real.get("/"), decide(real, 0, "add-alias", "flu", "the bug"), real.post("/export")):
        assert answer.status_code == 422
        assert "the log of decisions cannot be read" in answer.text
