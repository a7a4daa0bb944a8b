"""The texts of the pages, from ``strings.json``, and the templates that they stand in."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent


@cache
def templates() -> Environment:
    """Return what makes pages of templates; whatever stands in them is escaped."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["t"] = text
    environment.globals["types"] = defaultdict(str, strings()["types"])
    environment.globals["keys"] = strings()["keys"]
    environment.filters["address"] = _address
    return environment


def text(key: str, **values: Any) -> str:
    """Return a text of the pages, that of one or of several by ``count`` where there are two."""
    said = strings()[key]
    if isinstance(said, dict):
        said = said["one" if values["count"] == 1 else "other"]
    return str(said.format(**values))


@cache
def strings() -> dict[str, Any]:
    """Return every text of the pages, by its name."""
    said: dict[str, Any] = json.loads((HERE / "strings.json").read_text("utf-8"))
    return said


def _address(iri: str) -> str:
    """Return an IRI that a page may link to, or nothing: a graph may hold any."""
    return iri if iri.partition(":")[0].lower() in ("http", "https") else ""
