"""A bundle on the network, on this computer alone unless told otherwise, until it is told to stop."""

from __future__ import annotations

import copy
import gc
import ipaddress
import math
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import uvicorn
from uvicorn.config import LOGGING_CONFIG

from cdkd_kg.errors import ConfigError
from cdkd_kg.inference.predictor import Predictor
from cdkd_kg.serving.app import create_app
from cdkd_kg.serving.protocol import Patient
from cdkd_kg.serving.service import Limits
from cdkd_kg.serving.store import Store

STOPPING = 30
"""Seconds that answers which were begun are waited for."""
Level = Literal["error", "warning", "info", "debug"]
"""What the log tells, on standard error; every request from info on, on standard output."""


def serve(
    predictor: Predictor,
    limits: Limits,
    feedback: Path | None,
    host: str,
    port: int,
    ready: Callable[[str], None],
    level: Level = "warning",
) -> None:
    """Serve a bundle until SIGINT or SIGTERM; what was begun is answered first.

    Args:
        predictor: of the bundle.
        limits: what is allowed.
        feedback: the file in which predictions and feedback are kept; None keeps none.
        host: the address to listen on.
        port: of it; 0 takes one that is free.
        ready: is told the address once somebody can ask.
        level: what the log tells.

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
        if feedback and not feedback.parent.is_dir():
            raise ConfigError(
                "there is no such folder", where=f"--feedback: {feedback.parent}", remedy="make it, or name another one"
            )
        store = Store(feedback, wait=limits.timeout) if feedback else None
        listening.listen(1024)
        port = listening.getsockname()[1]
        app = create_app(predictor, limits, store, loopback=address.is_loopback)
        options = uvicorn.Config(
            app,
            http=Patient,
            ws="none",
            lifespan="on",
            server_header=False,
            proxy_headers=False,
            log_level=level,
            log_config=_logging(level),
            timeout_keep_alive=math.ceil(limits.timeout),
            timeout_graceful_shutdown=STOPPING,
        )
        gc.freeze()  # what is there by now stays: no pause ever looks at it again
        ready(f"http://{f'[{host}]' if address.version == 6 else host}:{port}")
        uvicorn.Server(options).run(sockets=[listening])


def _logging(level: Level) -> dict[str, Any]:
    """Return how uvicorn logs, and we beside it."""
    found = copy.deepcopy(LOGGING_CONFIG)
    found["loggers"]["cdkd_kg"] = {"handlers": ["default"], "level": level.upper(), "propagate": False}
    return found
