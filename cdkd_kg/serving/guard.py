"""The only place that sees raw requests: what may be sent, how much of it, and how long that may take."""

from __future__ import annotations

import asyncio
import ipaddress
import json
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


class _Refused(Exception):  # noqa: N818 - a turn in the flow, not an error
    def __init__(self, status: int, why: str) -> None:
        self.status, self.why = status, why


class Guard:
    """An ASGI application before another one.

    - On a loopback address, ``Host`` is one, too: else a page elsewhere may have renamed itself to it (DNS
      rebinding): 403.
    - What is posted is JSON (415) in UTF-8 (400), of at most ``body`` bytes (413). No page of another site can send
      that without asking first, and nobody answers that question.
    - A client has ``timeout`` seconds to send each part (408), and to take each part of the answer; else the connection
      is closed.

    Args:
        app: what answers.
        body: bytes of a request.
        timeout: seconds.
        measure: told of path, status and seconds of every request; the status of who did not take the answer is 499.
        loopback: whether it listens on a loopback address.
    """

    def __init__(self, app: App, body: int, timeout: float, measure: Measure, *, loopback: bool) -> None:
        self._app, self._body, self._timeout, self._measure, self._loopback = app, body, timeout, measure, loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, told = time.perf_counter(), [0]
        sending = self._patient(send, told)
        try:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            if self._loopback and not _is_loopback(headers.get("host", "")):
                raise _Refused(403, "this service is asked by another name than its own")
            if scope["method"] == "POST":
                receive = await self._read(headers, receive)
            await self._app(scope, receive, sending)
        except _Refused as refused:
            await sending(_start(refused.status, [(b"connection", b"close")]))
            await sending({"type": "http.response.body", "body": _problem(refused.status, refused.why)})
        except TimeoutError:
            told[0] = 499  # who does not read cannot be told; returning closes the connection
        finally:
            self._measure(scope["path"], told[0], time.perf_counter() - begin)

    async def _read(self, headers: dict[str, str], receive: Receive) -> Receive:
        """Read a body, and give it to who reads it next."""
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise _Refused(415, f"the body must be application/json, and is {kind or 'of no kind that is told'!r}")
        content, size, more = bytearray(), 0, True
        while more and size <= _PATIENCE * self._body:
            try:
                message = await asyncio.wait_for(receive(), self._timeout)
            except TimeoutError as error:
                raise _Refused(408, f"nothing more came within {self._timeout:g} seconds") from error
            if message["type"] == "http.disconnect":
                raise _Refused(400, "the client went away")
            size += len(message.get("body", b""))
            more = bool(message.get("more_body"))
            if size <= self._body:
                content += message.get("body", b"")
        if size > self._body:
            raise _Refused(413, f"a request has at most {self._body:,} bytes, and this one has {size:,} or more")
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _Refused(400, f"the body is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}") from error
        messages = [{"type": "http.request", "body": bytes(content), "more_body": False}]

        async def again() -> Message:
            return messages.pop() if messages else await receive()

        return again

    def _patient(self, send: Send, told: list[int]) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                told[0] = message["status"]
            await asyncio.wait_for(send(message), self._timeout)

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


def _problem(status: int, why: str) -> bytes:
    return json.dumps({"title": HTTPStatus(status).phrase, "status": status, "detail": why}).encode()
