"""The pages where something goes wrong: always an answer, and always what it is now."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from cdkd_kg.curation.web.board import Board
from cdkd_kg.graph.decisions.decision import Draft
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


def test_what_is_chosen_from_a_list_claims_no_more_than_its_page_has_seen(browser: TestClient) -> None:
    def numbers(text: str) -> set[str]:
        return {*re.findall(r'If-Match": "\\"(\d+)', text), *re.findall(r"seen=(\d+)", text)}

    page = browser.get("/entity?name=flu").text
    assert numbers(page) == {"0"}
    address = html.unescape(re.findall(r'hx-get="(/hits\?verb=merge[^"]*)"', page)[0])
    browser.cookies["cdkd_who"] = "bob"
    assert decide(browser, 0, "relabel", "flu", "grippe").status_code == 200
    browser.cookies["cdkd_who"] = "ada"
    hits = browser.get(f"{address}&typed=cold").text
    assert "cold" in hits
    assert numbers(hits) == {"0"}
    iri = html.unescape(re.findall(r'name="words" value="([^"]*)"', hits)[-1])
    assert decide(browser, 0, "merge", "grippe", iri).status_code == 412


@pytest.mark.parametrize("path", ["/entity?name=flu", "/history"])
def test_a_page_claims_no_more_than_it_shows(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch, folder: Path, path: str
) -> None:
    decide(browser, 0, "add-alias", "cold", "a cold")
    read = {name: getattr(Board, name) for name in ("entity", "entries")}

    def then_bob_decides(name: str) -> Callable[..., Any]:
        def answer(board: Board, *words: str) -> Any:
            found = read[name](board, *words)
            DecisionLog(folder).append(Draft("relabel", "of bob", ("urn:x",)), "bob")
            return found

        return answer

    for name in read:
        monkeypatch.setattr(Board, name, then_bob_decides(name))
    page = browser.get(path).text
    assert "of bob" not in page
    assert set(re.findall(r'If-Match": "\\"(\d+)', page)) == {"1"}
