"""The RDF files that come with the project."""

from __future__ import annotations

from pathlib import Path


def shipped(name: str) -> Path:
    """Return a file of ``graphs/``: beside the package in a checkout, within it when it is installed."""
    here = Path(__file__).parent
    inside = here / name
    return inside if inside.is_file() else here.parents[1] / "graphs" / name
