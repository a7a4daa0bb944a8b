"""The page on this computer alone, until it is interrupted."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import uvicorn

from cdkd_kg.curation.web.app import create_app
from cdkd_kg.curation.web.board import Board
from cdkd_kg.errors import ConfigError

HOST = "127.0.0.1"
"""Nothing else is ever listened on."""


def serve(
    folder: Path,
    who: str,
    port: int,
    ready: Callable[[str], None],
    run: Path | None = None,
    before: Path | None = None,
) -> None:
    """Serve the page of a graph on the loopback address.

    Args:
        folder: of the graph.
        who: decides where a browser does not say who sits before it.
        port: to listen on; 0 takes one that is free.
        ready: is told the address, with the token in it, once somebody can open it.
        run: the folder of a run; see :class:`~cdkd_kg.curation.web.board.Board`.
        before: that of an earlier one.

    Raises:
        ConfigError: somebody listens there already.
    """
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except OSError as error:
            raise ConfigError(
                f"port {port} cannot be listened on", where="--port", why=str(error), remedy="take another one, or 0"
            ) from error
        port, token = listening.getsockname()[1], secrets.token_urlsafe(32)
        with closing(Board(folder, run, before)) as board:
            listening.listen()  # so that whoever opens the address at once waits, and is not refused
            ready(f"http://{HOST}:{port}/start#token={token}")
            options = uvicorn.Config(create_app(board, port, token, who), log_level="warning", server_header=False)
            uvicorn.Server(options).run(sockets=[listening])
