"""A real server of a graph, in a thread, on a port that is free."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from cdkd_kg.curation.web.app import create_app
from cdkd_kg.curation.web.board import Board

TOKEN = "the-token"  # noqa: S105 - of a server that lasts as long as a test


@contextmanager
def served(folder: Path, bought: dict[str, Any] | None = None) -> Iterator[str]:
    """Give the address of a server."""
    with closing(Board(folder)) as board, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        board.bought = bought
        app = create_app(board, port, TOKEN, "ada")
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()
