"""A vocabulary as texts."""

import gzip

import pytest

from cdkd_kg.config import DomainConfig, SourceConfig
from cdkd_kg.corpus.read import RDF_SUFFIXES, read_rows
from cdkd_kg.errors import CdkdError
from cdkd_kg.graph.parse import FORMATS

TURTLE = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<urn:b> a skos:Concept ; skos:prefLabel "bow"@en ; skos:definition "bends a string"@en .
<urn:a> a skos:Concept ; skos:prefLabel "arrow"@en, "Pfeil"@de ; skos:definition "flies"@en, "fliegt"@de .
<urn:c> a skos:Concept ; skos:prefLabel "nothing is said of it"@en .
"""


def rows(path):
    return list(read_rows("arms", DomainConfig(task="t", source=SourceConfig(path=path), role="target")))


def test_concepts_with_a_name_and_a_definition_are_texts_without_labels(tmp_path):
    (tmp_path / "arms.ttl").write_text(TURTLE, "utf-8")
    found = rows(tmp_path / "arms.ttl")
    assert [(row.id, row.text, row.label) for row in found] == [
        ("urn:a", "arrow: flies", None), ("urn:b", "bow: bends a string", None),
    ]  # fmt: skip
    with gzip.open(tmp_path / "packed.ttl.gz", "wt", encoding="utf-8") as file:
        file.write(TURTLE)
    assert [row.text for row in rows(tmp_path / "packed.ttl.gz")] == [row.text for row in found]


def test_a_file_that_is_no_rdf_is_refused_with_its_line(tmp_path):
    (tmp_path / "arms.ttl").write_text(TURTLE + "this is no triple", "utf-8")
    with pytest.raises(CdkdError, match=r"arms\.ttl"):
        rows(tmp_path / "arms.ttl")


def test_every_format_of_rdf_is_known():
    assert set(RDF_SUFFIXES) == set(FORMATS)
