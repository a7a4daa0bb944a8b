"""A bundle on the network, on this computer alone unless told otherwise, until it is told to stop."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from cdkd_kg.errors import ConfigError
from cdkd_kg.inference.predictor import Predictor
from cdkd_kg.serving.app import create_app
from cdkd_kg.serving.service import Limits
from cdkd_kg.serving.store import Store

STOPPING = 30
"""Seconds that answers which were begun are waited for."""


def serve(
    predictor: Predictor, limits: Limits, feedback: Path | None, host: str, port: int, ready: Callable[[str], None]
) -> None:
    """Serve a bundle until SIGINT or SIGTERM; what was begun is answered first.

    Args:
        predictor: of the bundle.
        limits: what is allowed.
        feedback: the file in which predictions and feedback are kept; None keeps none.
        host: the address to listen on.
        port: of it; 0 takes one that is free.
        ready: is told the address once somebody can ask.

    Raises:
        ConfigError: somebody listens there already, or it is no address of this computer.
        ArtifactError: the file of feedback is none.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise ConfigError(f"{host!r} is no address", where="--host", remedy="give one such as 127.0.0.1") from error
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            raise ConfigError(
                f"{host} port {port} cannot be listened on",
                where="--port",
                why=str(error),
                remedy="take another one, or 0",
            ) from error
        store = Store(feedback) if feedback else None
        listening.listen(1024)
        port = listening.getsockname()[1]
        app = create_app(predictor, limits, store, loopback=address.is_loopback)
        options = uvicorn.Config(
            app, log_level="warning", server_header=False, timeout_graceful_shutdown=STOPPING, lifespan="on"
        )
        ready(f"http://{f'[{host}]' if address.version == 6 else host}:{port}")
        uvicorn.Server(options).run(sockets=[listening])
