"""Rows from Parquet at URLs."""

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from cdkd_kg.config import CorpusConfig, SourceConfig
from cdkd_kg.corpus.build import check_corpus
from cdkd_kg.corpus.identity import corpus_identity
from cdkd_kg.corpus.read_parquet import read_url
from cdkd_kg.errors import ConfigError, DataRefusedError, MissingResourceError

WHERE = "corpus.domains.one.source.url"


def parquet(numbers):
    columns = {
        "id": [f"r{number:02}" for number in numbers],
        "text": [f"a text about {number}" for number in numbers],
        "label": ["ab"[number % 2] for number in numbers],
        "split": ["train"] * len(numbers),
    }
    rows = pa.table(columns)
    content = pa.BufferOutputStream()
    pq.write_table(rows, content)
    return content.getvalue().to_pybytes()


@pytest.fixture(params=["memory", "file"])
def place(request, tmp_path):
    """Return a URL of a place with three files, one of which is no Parquet."""
    files = fsspec.filesystem(request.param)
    files.pipe({f"{tmp_path}/part-{part}.parquet": parquet(range(10 * part, 10 * part + 3)) for part in (1, 0)})
    files.pipe_file(f"{tmp_path}/notes.txt", b"notes")
    yield f"{request.param}://{tmp_path}"
    files.rm(str(tmp_path), recursive=True)


def corpus(url):
    return CorpusConfig.model_validate(
        {
            "tasks": {"topic": {"labels": ["a", "b"]}},
            "domains": {"one": {"task": "topic", "role": "source", "source": {"url": url}}},
        }
    )


def test_rows_come_from_every_file_of_a_pattern_in_their_order(place):
    records = list(read_url(f"{place}/part-*.parquet", WHERE, {"id", "text"}, {"text"}))
    assert [record.values["id"] for record in records] == ["r00", "r01", "r02", "r10", "r11", "r12"]
    assert [record.line for record in records] == [1, 2, 3, 1, 2, 3]
    assert records[3].file == f"{place}/part-1.parquet"


def test_a_corpus_is_read_from_a_url(place):
    built, _ = check_corpus(corpus(f"{place}/part-*.parquet"))
    assert sum(map(len, built.dataset.values())) == 6


def test_a_file_that_changes_is_another_corpus_and_one_that_does_not_is_the_same(place):
    config = corpus(f"{place}/part-*.parquet")
    before = corpus_identity(config)
    assert corpus_identity(config) == before
    fsspec.filesystem(place.partition(":")[0]).pipe_file(f"{place}/part-1.parquet", parquet(range(50, 54)))
    assert corpus_identity(config) != before


def test_what_is_not_there_is_named(place):
    for read in (lambda url: list(read_url(url, WHERE, {"text"}, {"text"})), lambda url: corpus_identity(corpus(url))):
        with pytest.raises(MissingResourceError, match=r"corpus\.domains\.one\.source\.url: .*other-\*"):
            read(f"{place}/other-*.parquet")


def test_what_is_no_parquet_is_refused_by_its_url(place):
    with pytest.raises(DataRefusedError, match=r"notes\.txt"):
        list(read_url(f"{place}/notes.txt", WHERE, {"text"}, {"text"}))


def test_an_unknown_protocol_is_refused_and_a_missing_package_named():
    with pytest.raises(ConfigError, match="nowhere"):
        corpus_identity(corpus("nowhere://bucket/rows.parquet"))
    with pytest.raises(MissingResourceError, match="gcsfs"):
        corpus_identity(corpus("gs://bucket/rows.parquet"))


def test_a_url_is_one_of_the_four_places():
    with pytest.raises(ValidationError, match="exactly one of name, hub, path, url"):
        SourceConfig.model_validate({"url": "s3://bucket/rows.parquet", "path": "rows.parquet"})
    with pytest.raises(ValidationError, match="url"):
        SourceConfig.model_validate({"url": "rows.parquet"})
