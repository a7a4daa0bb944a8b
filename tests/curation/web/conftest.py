"""The server of a small graph, asked without a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cdkd_kg.curation.web.app import create_app
from cdkd_kg.curation.web.board import Board
from cdkd_kg.curation.web.guard import Guard

PORT, TOKEN = 8123, "the token"
HERE = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def guard(folder: Path) -> Iterator[Guard]:
    with closing(Board(folder)) as board:
        yield create_app(board, PORT, TOKEN, "ada")


@pytest.fixture
def stranger(guard: Guard) -> TestClient:
    """Somebody who does not have the token."""
    return TestClient(guard, base_url=HERE, raise_server_exceptions=True)


@pytest.fixture
def program(guard: Guard) -> TestClient:
    """A program that has it."""
    return TestClient(guard, base_url=HERE, headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.fixture
def browser(guard: Guard) -> TestClient:
    """A browser that came in through the door."""
    client = TestClient(guard, base_url=HERE, headers={"Origin": HERE, "Sec-Fetch-Site": "same-origin"})
    assert client.post("/session", data={"token": TOKEN}).status_code == 204
    return client
