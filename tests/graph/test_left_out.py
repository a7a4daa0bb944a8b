"""What a parser of JSON-LD would leave out without a word is refused, and what means nothing is left out."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from cdkd_kg.errors import GraphError
from cdkd_kg.graph import files
from cdkd_kg.graph import parse as parse_module
from cdkd_kg.graph.parse import parse

LOST = {
    "subject": ('{"@id": "http://example.org/a b",\n "urn:p": 1}', "'http://example.org/a b'.*line 1"),
    "object": ('{"@id": "urn:s",\n "urn:p": {"@id": "http://example.org/a b"}}', "line 2"),
    "predicate": ('{"@id": "urn:s", "http://example.org/a b": 1}', "a b"),
    "type": ('{"@id": "urn:s", "@type": "http://example.org/a b"}', "a b"),
    "graph": ('{"@id": "http://a b", "@graph": [{"@id": "urn:s", "urn:p": 1}]}', "http://a b"),
    "language": ('{"@id": "urn:s", "urn:p": {"@value": "x", "@language": "no language"}}', "no language"),
    "relative": ('{"@id": "urn:s", "urn:p": {"@id": "other"}}', "relative IRI"),
    "resolved": ('{"@context": {"@base": "http://example.org/"}, "@id": "a b", "urn:p": 1}', "a b"),
}


@pytest.mark.parametrize("name", sorted(LOST))
def test_a_term_that_is_none_is_refused_by_name(name: str, tmp_path: Path) -> None:
    content, message = LOST[name]
    path = tmp_path / "x.jsonld"
    path.write_text(content, "utf-8")
    with pytest.raises(GraphError, match=message) as caught:
        list(parse(path))
    assert str(path) in caught.value.where


def test_a_key_that_no_context_explains_means_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonld"
    path.write_text('{"@id": "urn:s", "note": "for people", "urn:p": "x"}', "utf-8")
    assert [quad.object.value for quad in parse(path)] == ["x"]


def test_json_ld_may_be_smaller_than_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse_module, "MAX_JSON_BYTES", 1 << 20)
    for name in ("x.jsonld", "x.ttl"):
        (tmp_path / name).write_text(" " * (2 << 20), "utf-8")
    assert list(parse(tmp_path / "x.ttl")) == []
    with pytest.raises(GraphError, match=r"over 1 MiB.*N-Triples"):
        list(parse(tmp_path / "x.jsonld"))


@pytest.mark.parametrize("suffix", ["nt", "ttl"])
def test_an_archive_that_unpacks_to_far_more_than_rdf_does_is_refused(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FREE_BYTES", 1 << 20)
    path = tmp_path / f"x.{suffix}.gz"
    path.write_bytes(gzip.compress(b"<urn:s> <urn:p> <urn:o> .\n" * 30_000))
    assert len(list(parse(path))) == 30_000
    path.write_bytes(gzip.compress(b"<urn:s> <urn:p> <urn:o> .\n" * 90_000))
    with pytest.raises(GraphError, match="over 100 times its size"):
        list(parse(path))
