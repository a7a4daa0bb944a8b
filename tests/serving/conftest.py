"""A service of a small bundle, asked without a socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cdkd_kg.export.forms import Forms
from cdkd_kg.inference.bundle import Bundle
from cdkd_kg.inference.predictor import Predictor
from cdkd_kg.serving.app import create_app
from cdkd_kg.serving.service import Limits
from cdkd_kg.serving.store import Store
from tests.bundles import tiny_bundle

HERE = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def bundle(tmp_path_factory) -> Bundle:
    return tiny_bundle(tmp_path_factory.mktemp("bundle"), Forms())


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "feedback.sqlite"


@pytest.fixture
def client(bundle, file) -> Iterator[TestClient]:
    app = create_app(Predictor(bundle, "onnx"), Limits(timeout=5.0), Store(file))
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        yield client
