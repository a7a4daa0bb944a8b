"""HTTP before there is a request: how many connections there may be, and how long and how large a head."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cdkd_kg.serving.guard import problem

HEAD, CONNECTIONS = 64 << 10, 1_000
"""Bytes of the head of a request, and connections at a time."""


class Patient(HttpToolsProtocol):
    """HTTP/1.1 of uvicorn, with an end to heads that never end.

    A client has as many seconds to send a head as its connection may be silent (408), and :data:`HEAD` bytes for it
    (431); beyond :data:`CONNECTIONS` nobody is let in (503), and what is no HTTP, or posts and asks to go on in another
    protocol, gets 400. All are told as every other refusal is. Who does not take an answer for as long is cut off.
    """

    _late: asyncio.TimerHandle | None = None
    _deaf: asyncio.TimerHandle | None = None
    _size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            self._refuse(503, f"there are {CONNECTIONS:,} connections already", "retry-after: 1\r\n")
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._end_head()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait for a client that does not read."""
        super().pause_writing()
        self._deaf = self.loop.call_later(self.timeout_keep_alive, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: it reads."""
        if self._deaf is not None:
            self._deaf.cancel()
            self._deaf = None
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Let a connection go that is silent, also where it has not taken all of its last answer."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(self.timeout_keep_alive, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        """Take what comes; a head that is too long has no end by then."""
        self._size += len(data)
        super().data_received(data)
        if self._late is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()  # of what begins with empty lines the parser says nothing
        if self._late is not None and self._size > HEAD:
            self._refuse(431, f"the head of a request has at most {HEAD:,} bytes")

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a head, also of a later request of the connection."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """Wait no longer."""
        self._end_head()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP."""
        del msg
        self._refuse(400, "this is no request of HTTP/1.1")

    def _unsupported_upgrade_warning(self) -> None:
        """Say that there is nothing to go on in; what has no body is answered as if it had not asked."""
        if self.scope["method"] == "POST":
            self._refuse(400, "this is HTTP/1.1 and nothing else; post without the header Upgrade (curl: --http1.1)")

    def _await_head(self) -> None:
        if self._late is None:
            self._size = 0
            self._late = self.loop.call_later(self.timeout_keep_alive, self._head_is_late)

    def _end_head(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _head_is_late(self) -> None:
        self._late = None
        if self.cycle is not None and not self.cycle.response_complete:
            self._await_head()  # the request before this one is answered first
        else:
            self._refuse(408, f"the head of the request did not come within {self.timeout_keep_alive:g} seconds")

    def _refuse(self, status: int, why: str, more: str = "") -> None:
        self._end_head()
        if self.transport.is_closing():
            return
        phrase = HTTPStatus(status).phrase
        body = problem(status, why)
        head = (
            f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\n{more}connection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()
