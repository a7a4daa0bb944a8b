"""The only place that sees raw requests: who may ask, from where, and how much; what every answer carries."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST = 1 << 20
"""Bytes of a request's body."""
OPEN = ("/start", "/session", "/static/")
"""Paths that say nothing of a graph, and are there before somebody has shown the token."""
_SAFE = ("GET", "HEAD")
_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class _Refused(Exception):  # noqa: N818 - a turn in the flow, not an error
    def __init__(self, status: int, why: str) -> None:
        self.status, self.why = status, why


class Guard:
    """An ASGI application before another one, for a server on the loopback address.

    - ``Host`` is this server by address or name, with its port; else a page elsewhere may have renamed itself to it
      (DNS rebinding): 403.
    - All but the way in needs the token, as ``Authorization: Bearer`` or in the cookie that :meth:`cookie` sets: 401.
    - What may change something is a POST, from no page or from a page of this server: ``Origin`` is its own, and is
      there where a cookie is what lets it in, and ``Sec-Fetch-Site`` is ``same-origin`` or ``none`` where told: 403.
    - A body has at most 1 MiB: 413.

    Args:
        app: what answers.
        port: of the server.
        token: that only who started it knows.

    Source: for the rules on origins, F. Valsorda, Protecting against CSRF in 2025; Fetch Metadata, W3C.
    """

    def __init__(self, app: App, port: int, token: str) -> None:
        self._app, self._port, self._token = app, port, token
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}

    def cookie(self) -> tuple[str, str]:
        """Return the name of the cookie and its value.

        Browsers send a cookie to every port of a computer, so its name has the port: else two servers would overwrite
        each other's. Other servers on the same computer are sent it, too.
        """
        return f"cdkd_{self._port}", self._token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sending = _adding(send)
        try:
            self._check(scope)
            await self._app(scope, receive if scope["method"] in _SAFE else await _read(receive), sending)
        except _Refused as refused:
            body, kind = refused.why.encode(), b"text/plain; charset=utf-8"
            if scope["path"].startswith("/api/"):
                told = {"title": HTTPStatus(refused.status).phrase, "status": refused.status, "detail": refused.why}
                body, kind = json.dumps(told).encode(), b"application/problem+json"
            headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
            await sending({"type": "http.response.start", "status": refused.status, "headers": headers})
            await sending({"type": "http.response.body", "body": body})

    def _check(self, scope: Scope) -> None:
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        if (host := _one(headers, "host")) not in self._hosts:
            raise _Refused(403, "this server is asked by another name than its own")
        bearer = self.lets_in(_one(headers, "authorization").removeprefix("Bearer "))
        cookie = any(map(self.lets_in, _cookies(headers, self.cookie()[0])))
        if not (bearer or cookie) and not scope["path"].startswith(OPEN):
            raise _Refused(401, "open the address that `cdkd curate serve` printed, which has a token in it")
        if scope["method"] not in _SAFE:
            if scope["method"] != "POST":
                raise _Refused(405, "only GET, HEAD and POST are answered")
            self._check_origin(headers, host, needed=not bearer)
        size = _one(headers, "content-length")
        if size and not (size.isascii() and size.isdigit() and int(size) <= LARGEST):
            raise _Refused(413, f"a request has at most {LARGEST:,} bytes")

    def _check_origin(self, headers: dict[str, list[str]], host: str, *, needed: bool) -> None:
        origin, site = _one(headers, "origin"), _one(headers, "sec-fetch-site")
        if (origin or needed) and origin != f"http://{host}":
            raise _Refused(403, "this did not come from a page of this server")
        if site and site not in ("same-origin", "none"):
            raise _Refused(403, "this came from a page of another site")

    def lets_in(self, value: str) -> bool:
        """Say whether a value is the token, in a time that does not tell how much of it is right."""
        return hmac.compare_digest(value.encode("utf-8", "surrogatepass"), self._token.encode())


def _one(headers: dict[str, list[str]], name: str) -> str:
    """Return a header that may be there once."""
    values = headers.get(name, [""])
    if len(values) != 1:
        raise _Refused(400, f"the header {name} is there {len(values)} times")
    return values[0]


def _cookies(headers: dict[str, list[str]], name: str) -> list[str]:
    """Return what cookies of a name say; those of other servers, which may be malformed, do not matter."""
    found = re.findall(rf'(?:^|;) *{re.escape(name)}=("?)([^";]*)\1 *(?=;|$)', ";".join(headers.get("cookie", ())))
    return [value for _, value in found]


async def _read(receive: Receive) -> Receive:
    """Read a body, whose length may not have been told, or not truly, and give it to who reads it next."""
    messages, total, more = list[Message](), 0, True
    while more:
        messages.append(await receive())
        total += len(messages[-1].get("body", b""))
        more = bool(messages[-1].get("more_body"))
        if total > LARGEST:
            raise _Refused(413, f"a request has at most {LARGEST:,} bytes")

    async def again() -> Message:
        # A second reader must not wait for what will never come.
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return again


def _adding(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            told = {name for name, _ in _HEADERS}
            kept = [(name, value) for name, value in message["headers"] if name.lower() not in told]
            message = {**message, "headers": [*kept, *_HEADERS]}
        await send(message)

    return sending
