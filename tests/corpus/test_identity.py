from __future__ import annotations

from pathlib import Path

import pytest

from cdkd_kg.artifacts import sha256_file
from cdkd_kg.corpus.identity import corpus_identity
from cdkd_kg.errors import MissingResourceError
from tests.corpus.helpers import corpus_config


def identity(**source: str) -> str:
    return corpus_identity(corpus_config({"a": {"source": source}}))["a"]


def test_a_file_is_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("not even a table")
    assert identity(path=str(path)) == sha256_file(path)
    with pytest.raises(MissingResourceError, match=r"corpus\.domains\.a\.source\.path: none\.csv.*/none\.csv was"):
        identity(path="none.csv")


def test_a_folder_changes_with_names_and_with_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    seen = {identity(path=str(tmp_path))}
    (tmp_path / "a").write_text("y")
    seen.add(identity(path=str(tmp_path)))
    (tmp_path / "a").rename(tmp_path / "b")
    seen.add(identity(path=str(tmp_path)))
    assert len(seen) == 3


def test_a_set_of_the_hub_is_its_pinned_revision() -> None:
    assert identity(hub="x/y", subset="s", revision="abc") == "hub:x/y:s@abc"
    assert identity(hub="x/y") != identity(hub="x/y", revision="abc")


def test_a_named_set_is_its_archive() -> None:
    assert len(identity(name="bbc-news")) >= 64
    with pytest.raises(MissingResourceError):
        identity(name="bbc-new")
