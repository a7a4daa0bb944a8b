"""Shards of documents: whole or absent, wherever they lie."""

from __future__ import annotations

from tempfile import TemporaryDirectory

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.entities.extract import extract
from cdkd_kg.entities.reading import Document
from cdkd_kg.entities.shards import Shards
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.errors import ConfigError, MissingResourceError
from tests.entities.test_extract import ALIASES, BLANK, DOCUMENTS


@pytest.fixture(scope="module")
def extraction() -> Extraction:
    return extract(DOCUMENTS, BLANK, ALIASES)


@pytest.fixture(params=["folder", "memory"])
def shards(request, tmp_path) -> Shards:
    return Shards(str(tmp_path) if request.param == "folder" else f"memory://{tmp_path}")


def put(shards, documents):
    name = shards.name_of(documents)
    shards.put(name, documents)
    return name


def same(one: Extraction, two: Extraction) -> bool:
    return one.mentions.equals(two.mentions) and one.relations.equals(two.relations)


def test_what_is_kept_is_found_at_any_place(shards, extraction):
    name = put(shards, DOCUMENTS)
    assert shards.documents(name) == DOCUMENTS
    assert shards.found(name) is None
    shards.keep(name, extraction)
    assert same(shards.found(name), extraction)
    assert same(Shards(shards.place).found(name), extraction)


def test_a_place_is_the_same_from_wherever_it_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shards = Shards("shards")
    name = put(shards, DOCUMENTS)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert Shards(shards.place).documents(name) == DOCUMENTS


def test_no_documents_are_a_shard_too(shards):
    name = put(shards, [])
    assert shards.documents(name) == []
    shards.keep(name, extract([], BLANK, ALIASES))
    assert len(shards.found(name).mentions) == 0


documents = st.lists(st.builds(Document, st.text(), st.text()), max_size=3)


@given(one=documents, two=documents)
def test_the_name_is_that_of_ids_and_texts_in_their_order(one, two):
    assert (Shards.name_of(one) == Shards.name_of(two)) == (one == two)


@given(data=st.data())
def test_what_was_cut_or_altered_counts_as_absent(extraction, data):
    with TemporaryDirectory() as folder:
        shards = Shards(folder)
        name = put(shards, DOCUMENTS)
        shards.keep(name, extraction)
        kind = data.draw(st.sampled_from(["mentions", "relations"]))
        files = fsspec.filesystem("file")
        file = f"{folder}/{kind}/{name}.parquet"
        content = bytearray(files.cat_file(file))
        place = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[place] ^= 1 << data.draw(st.integers(0, 7))
        else:
            del content[place:]
        files.pipe_file(file, bytes(content))
        assert shards.found(name) is None


@pytest.mark.parametrize("content", [b"", b"\xff", b"0" * 64])
def test_a_record_of_the_reading_that_says_nothing_counts_as_absent(tmp_path, extraction, content):
    shards = Shards(str(tmp_path))
    name = put(shards, DOCUMENTS)
    shards.keep(name, extraction)
    (tmp_path / "read" / f"{name}.sha256").write_bytes(content)
    assert shards.found(name) is None


def test_what_was_begun_is_counted_run_by_run(shards):
    assert [shards.begin("one", "a"), shards.begin("one", "a"), shards.begin("one", "b")] == [1, 2, 1]
    assert shards.begin("two", "a") == 1


def test_a_url_that_nobody_knows_is_refused():
    with pytest.raises(ConfigError, match="nowhere://here"):
        Shards("nowhere://here")


def test_a_url_whose_package_is_missing_names_the_package():
    with pytest.raises(MissingResourceError, match="gcsfs"):
        Shards("gs://bucket/folder")
