"""Documents to tables, with a real pipeline and with blank ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.config import EntitiesConfig
from cdkd_kg.entities.extract import extract
from cdkd_kg.entities.linking.aliases import AliasTable, Label
from cdkd_kg.entities.reading import Document, readable
from cdkd_kg.entities.tables import MENTIONS, RELATIONS, Extraction
from cdkd_kg.errors import ArtifactError
from tests.entities.helpers import INSTALLED

ALIASES = AliasTable(
    [
        Label("urn:cancer", "lung cancer", "preferred"),
        Label("urn:smoking", "smoking", "preferred"),
        Label("urn:paris-tx", "Paris", "hidden"),
        Label("urn:paris-fr", "Paris", "preferred"),
    ]
)
DOCUMENTS = [
    Document(
        "d/3",
        "Microsoft was acquired by Apple. Doctors treat lung\ncancers in Paris, and smoking causes lung cancer.",
    ),
    Document("d/1", "Näive 🙂 people visit\u00a0Paris."),
    Document("d/2", ""),
    Document("d/4", "Pneumonia did not kill Napoleon. He was tall."),
]
CONFIG = EntitiesConfig(pipeline=INSTALLED)
BLANK = EntitiesConfig(pipeline="blank:en", max_words=8)


@pytest.fixture(scope="module")
def extraction() -> Extraction:
    return extract(DOCUMENTS, CONFIG, ALIASES)


def test_real_sentences(extraction: Extraction) -> None:
    rows = extraction.mentions.to_pylist()
    found = {(row["document"], row["anchor"]): (row["type"], row["concept"], row["iri"], row["nil"]) for row in rows}
    assert found["d/3", "Microsoft"] == ("ORG", "microsoft", None, "new")
    assert found["d/3", "lung\ncancers"][1:] == ("lung cancer", "urn:cancer", None)
    assert found["d/3", "lung cancer"][1:] == ("lung cancer", "urn:cancer", None)
    assert found["d/3", "Paris"][2:] == ("urn:paris-fr", None)
    assert found["d/3", "Doctors"] == ("CONCEPT", "doctor", None, "new")
    paris = next(row for row in rows if row["document"] == "d/1" and row["anchor"] == "Paris")
    assert [candidate["iri"] for candidate in paris["candidates"]] == ["urn:paris-fr", "urn:paris-tx"]
    assert [row["sentence"] for row in rows if row["document"] == "d/3"][:2] == [0, 0]
    assert max(row["sentence"] for row in rows if row["document"] == "d/3") == 1


def test_real_relations(extraction: Extraction) -> None:
    anchors = {(row["document"], row["begin"]): row["anchor"] for row in extraction.mentions.to_pylist()}
    found = {
        (subject, row["predicate"], anchors[row["document"], row["object_begin"]])
        for row in extraction.relations.to_pylist()
        for subject in [anchors[row["document"], row["subject_begin"]]]
    }
    assert ("Apple", "acquire", "Microsoft") in found
    assert ("smoking", "cause", "lung cancer") in found
    assert not any(predicate == "kill" for _, predicate, _ in found)


def test_offsets_are_code_points_of_the_original_text(extraction: Extraction) -> None:
    texts = dict(DOCUMENTS)
    rows = extraction.mentions.to_pylist()
    assert rows
    assert all(texts[row["document"]][row["begin"] : row["end"]] == row["anchor"] for row in rows)
    assert all(0 <= row["confidence"] <= 1 for row in rows)
    assert all((row["iri"] is None) != (row["nil"] is None) for row in rows)


def test_order_and_batches_of_documents_do_not_matter(extraction: Extraction) -> None:
    again = extract(DOCUMENTS[::-1], CONFIG.model_copy(update={"batch_size": 1}), ALIASES)
    assert again.mentions.equals(extraction.mentions)
    assert again.relations.equals(extraction.relations)


def test_the_hash_seed_does_not_matter(tmp_path: Path, extraction: Extraction) -> None:
    extraction.save(tmp_path)
    code = (
        "import sys; from pathlib import Path; from tests.entities.test_extract import *;"
        "extract(DOCUMENTS, CONFIG, ALIASES).save(Path(sys.argv[1]))"
    )
    (tmp_path / "again").mkdir()
    environment = {**os.environ, "PYTHONHASHSEED": "4321", "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "again")], check=True, env=environment)
    for name in ("mentions.parquet", "relations.parquet"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_tables_are_the_same_after_save_and_load(tmp_path: Path, extraction: Extraction) -> None:
    extraction.save(tmp_path)
    loaded = Extraction.load(tmp_path)
    assert loaded.mentions.equals(extraction.mentions)
    assert loaded.relations.equals(extraction.relations)
    (tmp_path / "mentions.parquet").write_bytes((tmp_path / "relations.parquet").read_bytes())
    with pytest.raises(ArtifactError, match="other columns"):
        Extraction.load(tmp_path)
    (tmp_path / "mentions.parquet").write_bytes(b"PAR1")
    with pytest.raises(ArtifactError, match="cannot be read"):
        Extraction.load(tmp_path)


def test_nothing_to_read_makes_empty_tables() -> None:
    for documents in ([], [Document("a", ""), Document("b", "...")]):
        tables = extract(documents, BLANK, AliasTable([]))
        assert tables.mentions.equals(MENTIONS.empty_table())
        assert tables.relations.equals(RELATIONS.empty_table())


def test_a_pipeline_of_another_language_without_models() -> None:
    config = EntitiesConfig(pipeline="blank:de")
    tables = extract([Document("a", "Sie lebt in München. Und in PARIS.")], config, ALIASES)
    assert [(row["anchor"], row["iri"], row["sentence"]) for row in tables.mentions.to_pylist()] == [
        ("PARIS", "urn:paris-fr", 1)
    ]
    assert tables.relations.num_rows == 0


def test_words_after_max_words_are_not_read() -> None:
    text = "one two three four five six Paris Paris Paris"
    rows = extract([Document("a", text)], BLANK, ALIASES).mentions.to_pylist()
    assert [row["begin"] for row in rows] == [28, 34]


def test_one_endless_word_is_cut() -> None:
    assert len(readable("http://" * 100_000, 10)) == 500


@given(st.text(st.sampled_from("ab \n\t\u00a0\u2003🙂"), max_size=60), st.integers(1, 12))
def test_what_is_read_keeps_its_places(text: str, max_words: int) -> None:
    read = readable(text, max_words)
    assert all(mine == original or (mine == " " and original.isspace()) for mine, original in zip(read, text))  # noqa: B905
    assert read.split() == text.split()[:max_words] or len(text) > max_words * 50
