"""The only place that sees raw requests: what may be sent, how much of it, and how long that may take."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Measure = Callable[[str, int, float], None]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


_PATIENCE = 8
"""So many times what a body may have is still read, and dropped: who is cut off while sending sees no answer."""
_PARTS = 3
"""So many times the time of a part is there for all parts of a body."""
_SMALL, _BESIDE = 16 << 10, 64 << 10
"""Bytes of a body that are not counted, and that it may have beside texts and white space."""
_TEXTS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|\s+', re.DOTALL)


class _Refused(Exception):  # noqa: N818 - a turn in the flow, not an error
    def __init__(self, status: int, why: str) -> None:
        self.status, self.why = status, why


class Guard:
    """An ASGI application before another one.

    - On a loopback address, ``Host`` is one, too: else a page elsewhere may have renamed itself to it (DNS
      rebinding): 403.
    - What is posted is JSON (415) in UTF-8 (400), of at most ``body`` bytes (413). No page of another site can send
      that without asking first, and nobody answers that question.
    - A client has ``timeout`` seconds to send each part, and three times that to send them all (408).
    - Requests that are read or answered at a time have at most ``held`` bytes together (429), but for the first 16 KiB
      of each, so that small calls pass large ones. Beside texts a body has at most 64 KiB (413), since a number or a
      bracket takes many times its size once it is read. What a service needs of memory does not grow with who asks.

    Args:
        app: what answers.
        body: bytes of a request.
        held: bytes of all requests at a time.
        timeout: seconds.
        measure: told of path, status and seconds of every request.
        loopback: whether it listens on a loopback address.
    """

    def __init__(self, app: App, body: int, held: int, timeout: float, measure: Measure, *, loopback: bool) -> None:
        self._app, self._body, self._timeout, self._measure, self._loopback = app, body, timeout, measure, loopback
        self._free = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, told, mine = time.perf_counter(), [0], [0]
        sending = _watched(send, told)
        try:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            if self._loopback and not _is_loopback(headers.get("host", "")):
                raise _Refused(403, "this service is asked by another name than its own; send Host: 127.0.0.1")
            if scope["method"] == "POST":
                receive = await self._read(headers, receive, mine)
            await self._app(scope, receive, sending)
        except _Refused as refused:
            wait = [(b"retry-after", b"1")] if refused.status == HTTPStatus.TOO_MANY_REQUESTS else []
            await sending(_start(refused.status, [(b"connection", b"close"), *wait]))
            await sending({"type": "http.response.body", "body": problem(refused.status, refused.why)})
        finally:
            self._free += mine[0]
            self._measure(scope["path"], told[0], time.perf_counter() - begin)

    async def _read(self, headers: dict[str, str], receive: Receive, mine: list[int]) -> Receive:
        """Read a body, and give it to who reads it next; ``mine`` counts the bytes that it holds."""
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            why = f"the body must be application/json, and is {kind or 'of no kind that is told'!r}"
            raise _Refused(415, f"{why}; send Content-Type: application/json (curl: --json)")
        if (coding := headers.get("content-encoding", "identity").strip().lower()) != "identity":
            raise _Refused(415, f"the body must come as it is, and is encoded as {coding!r}")
        content, size, more = bytearray(), 0, True
        end = time.perf_counter() + _PARTS * self._timeout
        while more and size <= _PATIENCE * self._body:
            part, more = await self._part(receive, end)
            size += len(part)
            if size <= self._body:
                self._take(size - _SMALL - mine[0], mine)
                content += part
        if size > self._body:
            raise _Refused(413, f"a request has at most {self._body:,} bytes, and this one has {size:,} or more")
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _Refused(400, f"the body is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}") from error
        if len(content) > _BESIDE and _beside_texts(content) > _BESIDE:
            raise _Refused(413, f"beside its texts a body has at most {_BESIDE:,} bytes")
        messages = [{"type": "http.request", "body": bytes(content), "more_body": False}]
        del content

        async def again() -> Message:
            return messages.pop() if messages else await receive()

        return again

    async def _part(self, receive: Receive, end: float) -> tuple[bytes, bool]:
        """Return the next part of a body, and whether there is more."""
        left = min(self._timeout, end - time.perf_counter())
        try:
            async with asyncio.timeout(left):
                message = await receive()
        except TimeoutError as error:
            why = f"nothing more came within {self._timeout:g} seconds"
            if left < self._timeout:
                why = f"it did not all come within {_PARTS * self._timeout:g} seconds"
            raise _Refused(408, why) from error
        if message["type"] == "http.disconnect":
            raise _Refused(400, "the client went away")
        return message.get("body", b""), bool(message.get("more_body"))

    def _take(self, size: int, mine: list[int]) -> None:
        if size <= 0:
            return
        if size > self._free:
            raise _Refused(429, "the service is busy: requests that wait hold all the memory there is for them")
        self._free -= size
        mine[0] += size


def _beside_texts(content: bytearray) -> int:
    """Return how many bytes of JSON are neither text nor white space; it stops to count where they are too many.

    A text, or some white space, counts as a byte.
    """
    found = end = 0
    for text in _TEXTS.finditer(content):
        found, end = found + text.start() - end + 1, text.end()
        if found > _BESIDE:
            return found
    return found + len(content) - end


def _watched(send: Send, told: list[int]) -> Send:
    """Return what sends, learns the status, and does not mind that a client was cut off meanwhile."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            told[0] = message["status"]
        try:
            await send(message)
        except RuntimeError as error:
            if "closed" not in str(error):  # as uvloop says it of requests that came one upon another
                raise

    return sending


def _is_loopback(host: str) -> bool:
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _start(status: int, more: list[tuple[bytes, bytes]]) -> Message:
    headers = [(b"content-type", b"application/problem+json"), *more]
    return {"type": "http.response.start", "status": status, "headers": headers}


def problem(status: int, why: str) -> bytes:
    """Return a refusal as RFC 9457 has it."""
    return json.dumps({"title": HTTPStatus(status).phrase, "status": status, "detail": why}).encode()
