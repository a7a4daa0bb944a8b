"""The examples in docstrings give what they say."""

import doctest
import importlib
import re
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "cdkd_kg").rglob("*.py"))
WITH_EXAMPLES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in FILES
    if re.search(r"^ *>>> ", path.read_text("utf-8"), re.MULTILINE)
]
LOSSES = [
    f"cdkd_kg.distillation.losses.{path.stem}"
    for path in FILES
    if path.parent.name == "losses" and re.search(r"^class \w+Loss\(", path.read_text("utf-8"), re.MULTILINE)
]
SHARED = {"combine", "softened", "token_relations"}
"""What several losses are made of."""


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_an_example_gives_what_it_says(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = doctest.testmod(importlib.import_module(name))
    assert found.failed == 0


@pytest.mark.parametrize("name", [name for name in LOSSES if name.rpartition(".")[2] not in SHARED])
def test_a_loss_says_its_inputs_siblings_source_and_an_example(name):
    text = Path(importlib.import_module(name).__file__).read_text("utf-8")
    for part in (".. math::", "Inputs:", "Siblings:", "Source:", "Example:"):
        assert f"\n    {part}" in text, part
