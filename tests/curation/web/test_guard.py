"""Who is let in, from where, and with how much; what every answer carries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cdkd_kg.curation.web.guard import LARGEST, Guard, Message, Receive, Scope, Send
from cdkd_kg.graph.decisions.log import DecisionLog
from tests.curation.web.conftest import HERE, PORT, TOKEN

ASKED = {"verb": "add-alias", "words": ["flu", "the bug"]}
FORM = {"verb": "add-alias", "words": ["flu", "the bug"], "page": "entity", "shown": "flu"}
HOSTS = [
    "evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", f"127.0.0.1:{PORT}0",
    f"localhost.evil.example:{PORT}", f"127.0.0.1.nip.io:{PORT}", f"0.0.0.0:{PORT}", f"127.1:{PORT}", f"[::]:{PORT}",
    f"2130706433:{PORT}", f"LOCALHOST.:{PORT}", f"user@127.0.0.1:{PORT}", f"127.0.0.1:{PORT}/", "",
]  # fmt: skip
ORIGINS = [
    "null", "http://evil.example", f"http://evil.example:{PORT}", f"https://127.0.0.1:{PORT}", "http://127.0.0.1",
    f"http://127.0.0.1:{PORT}0", f"http://localhost:{PORT}", f"http://127.0.0.1:{PORT}.evil.example",
    f"http://127.0.0.1:{PORT}/", f"http://evil@127.0.0.1:{PORT}", f"ws://127.0.0.1:{PORT}", f"HTTP://127.0.0.1:{PORT}",
    f"127.0.0.1:{PORT}", "file://", "chrome-extension://abc", f" {HERE}x",
]  # fmt: skip
SITES = ["cross-site", "same-site", "Same-Origin", "", "bogus", "none, same-origin"]
CROSS = [
    *({"Origin": origin, "Sec-Fetch-Site": "same-origin"} for origin in ORIGINS),
    *({"Origin": HERE, "Sec-Fetch-Site": site} for site in SITES if site),
    *({"Origin": origin, "Sec-Fetch-Site": site} for origin in ORIGINS[:4] for site in SITES[:2]),
    {"Sec-Fetch-Site": "none"},
]  # fmt: skip
"""What a form or a script of another page sends along with the cookie."""


def written(folder: Path) -> int:
    return DecisionLog(folder).last()


def test_there_are_as_many_cases_as_promised(record_property: Callable[[str, object], None]) -> None:
    record_property("combinations of headers of other sites", len(CROSS))
    record_property("hosts by other names", len(HOSTS))
    assert (len(HOSTS), len(CROSS)) == (15, 30)


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_by_another_name_is_refused(program: TestClient, folder: Path, host: str) -> None:
    for path in ("/", "/start", "/api/items"):
        assert program.get(path, headers={"Host": host}).status_code == 403
    headers = {"Host": host, "If-Match": '"0"'}
    assert program.post("/api/decisions", json=ASKED, headers=headers).status_code == 403
    assert written(folder) == 0


@pytest.mark.parametrize("host", [f"localhost:{PORT}", f"127.0.0.1:{PORT}", f"[::1]:{PORT}"])
def test_its_own_names_are_not(program: TestClient, host: str) -> None:
    assert program.get("/api/items", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("headers", CROSS, ids=str)
def test_nothing_is_written_for_a_page_of_another_site(
    browser: TestClient, folder: Path, headers: dict[str, str]
) -> None:
    for name in ("Origin", "Sec-Fetch-Site"):
        del browser.headers[name]
    for path, body in (
        ("/decide", {"data": FORM}),
        ("/api/decisions", {"json": ASKED}),
        ("/undo", {"data": {"page": "work"}}),
    ):
        answer = browser.post(path, headers=headers | {"If-Match": '"0"'}, **body)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    assert written(folder) == 0


def test_a_browser_that_came_in_may_write_and_a_program_too(
    browser: TestClient, program: TestClient, folder: Path
) -> None:
    assert browser.post("/decide", data=FORM, headers={"If-Match": '"0"'}).status_code == 200
    assert program.post("/api/undo", json={"decision": "1"}, headers={"If-Match": '"1"'}).status_code == 201
    assert written(folder) == 2


@pytest.mark.parametrize(
    "path", ["/", "/find", "/history", "/hits", "/entity?name=flu", "/api/items", "/api/openapi.json", "/nowhere"]
)
def test_without_the_token_nothing_is_told(stranger: TestClient, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Cookie": f"cdkd_{PORT}=x"}, {"Cookie": f'cdkd_9="{TOKEN}"'}):
        answer = stranger.get(path, headers=headers)
        assert answer.status_code == 401
        assert "flu" not in answer.text


@pytest.mark.parametrize("others", ["a/b=1", "=", "x", 'q="', "é=1", f"cdkd_{PORT}=stale", f"xcdkd_{PORT}=y"])
def test_cookies_of_other_servers_do_not_shut_the_door(stranger: TestClient, others: str) -> None:
    mine = f'cdkd_{PORT}="{TOKEN}"'
    for cookie in (f"{others}; {mine}", f"{mine}; {others}"):
        assert stranger.get("/", headers={"Cookie": cookie.encode()}).status_code == 200
    assert stranger.get("/", headers={"Cookie": others.encode()}).status_code == 401
    assert stranger.get("/", headers={"Cookie": f"x{mine}"}).status_code == 401


def test_a_cookie_with_a_name_that_nobody_can_have_is_passed_over(program: TestClient) -> None:
    for name in ("A%E2%80%8DB", "%20", "%00", "x" * 2000):
        page = program.get("/", headers={"Cookie": f"cdkd_who={name}"})
        assert (page.status_code, 'data-who="ada"' in page.text) == (200, True)
    assert program.get("/", headers={"X-CDKD-Curator": "A%E2%80%8DB"}).status_code == 422


def test_the_way_in_says_nothing_and_takes_only_the_token(stranger: TestClient) -> None:
    assert "ills" not in stranger.get("/start").text
    assert stranger.get("/static/app.js").status_code == 200
    wrong = stranger.post("/session", data={"token": "tokén"}, headers={"Origin": HERE})
    assert (wrong.status_code, wrong.headers.get("set-cookie")) == (403, None)
    right = stranger.post("/session", data={"token": TOKEN}, headers={"Origin": HERE})
    assert right.status_code == 204
    assert "httponly" in right.headers["set-cookie"].lower()
    assert "samesite=strict" in right.headers["set-cookie"].lower()
    assert (
        stranger.post("/session", data={"token": TOKEN}, headers={"Origin": "http://evil.example"}).status_code == 403
    )


@pytest.mark.parametrize("path", ["/", "/start", "/static/style.css", "/api/items", "/nowhere", "/static/../app.py"])
def test_every_answer_forbids_what_a_page_need_not_do(program: TestClient, stranger: TestClient, path: str) -> None:
    for client in (program, stranger):
        headers = client.get(path).headers
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_not_answered(program: TestClient, method: str) -> None:
    assert program.request(method, "/api/decisions").status_code == 405


@pytest.mark.parametrize("path", ["/decide", "/undo", "/session"])
def test_asking_never_changes_anything(program: TestClient, folder: Path, path: str) -> None:
    assert program.get(path, params=FORM, headers={"If-Match": '"0"'}).status_code == 405
    assert written(folder) == 0


def test_a_large_body_is_refused_whatever_it_says_of_itself(program: TestClient, folder: Path) -> None:
    def drops():  # type: ignore[no-untyped-def]
        for _ in range(LARGEST // 65536 + 1):
            yield b"x" * 65536

    headers = {"If-Match": '"0"', "Content-Type": "application/json"}
    assert program.post("/api/decisions", content=b"x" * (LARGEST + 1), headers=headers).status_code == 413
    assert program.post("/api/decisions", content=drops(), headers=headers).status_code == 413
    assert (
        program.post("/api/decisions", content=b"{}", headers=headers | {"Content-Length": "2, 2"}).status_code == 413
    )
    assert written(folder) == 0


def test_who_reads_a_body_twice_does_not_wait_for_ever() -> None:
    read = list[str]()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        read.extend([(await receive())["type"], (await receive())["type"]])

    messages = [{"type": "http.request", "body": b""}]

    async def once() -> Message:
        return messages.pop() if messages else await asyncio.Future()

    async def send(message: Message) -> None:
        pass

    headers = [(b"host", HERE.removeprefix("http://").encode()), (b"authorization", f"Bearer {TOKEN}".encode())]
    scope = {"type": "http", "method": "POST", "path": "/decide", "headers": headers}
    asyncio.run(asyncio.wait_for(Guard(application, PORT, TOKEN)(scope, once, send), 5))
    assert read == ["http.request", "http.disconnect"]


@pytest.mark.parametrize(
    "path",
    [
        "..%2fapp.py",
        "%2e%2e/app.py",
        "..\\app.py",
        "%2fetc/passwd",
        "....//app.py",
        "style.css%00.py",
        "//etc/passwd",
        ".",
    ],
)
def test_no_other_file_is_given(program: TestClient, path: str) -> None:
    assert program.get(f"/static/{path}").status_code in (404, 405)
