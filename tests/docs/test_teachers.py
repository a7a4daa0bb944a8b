"""docs/teachers.md names every expert and every condition there is."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from cdkd_kg.config import Condition, Network, Spreading

PAGE = (Path(__file__).parents[2] / "docs" / "teachers.md").read_text("utf-8")


def test_every_expert_and_condition_is_there() -> None:
    names = (
        "text",
        "probe",
        "names",
        "concepts",
        "sgc",
        *get_args(Spreading),
        *get_args(Network),
        *get_args(Condition),
    )
    assert [name for name in names if f"`{name}`" not in PAGE] == []
