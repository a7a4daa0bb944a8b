"""Which pipeline, and which of its pipes run."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy

from cdkd_kg.config import EntitiesConfig
from cdkd_kg.entities.installed import pipeline_identity
from cdkd_kg.entities.pipeline import load_pipeline, needed_pipes
from cdkd_kg.errors import MissingResourceError
from tests.entities.helpers import INSTALLED


@pytest.fixture(scope="module")
def nlp() -> spacy.language.Language:
    return spacy.load(INSTALLED)


@pytest.mark.parametrize(
    ("options", "pipes"),
    [
        ({}, ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "ner"]),
        ({"types": ()}, ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer"]),
        ({"relations": False}, ["tok2vec", "tagger", "attribute_ruler", "lemmatizer", "ner"]),
        ({"relations": False, "noun_concepts": False}, ["ner"]),
        ({"relations": False, "noun_concepts": False, "types": ()}, []),
    ],
)
def test_only_needed_pipes_run(nlp: spacy.language.Language, options: dict[str, object], pipes: list[str]) -> None:
    assert needed_pipes(nlp, EntitiesConfig(**options)) == pipes


def test_sentences_are_found_without_a_parser() -> None:
    nlp = load_pipeline(EntitiesConfig(pipeline="blank:de"))
    assert len(list(nlp("Eins. Zwei.").sents)) == 2


def test_a_missing_pipeline_names_those_installed_and_the_command() -> None:
    for ask in (lambda name: load_pipeline(EntitiesConfig(pipeline=name)), pipeline_identity):
        with pytest.raises(MissingResourceError) as caught:
            ask("en_core_web_smm")
        message = str(caught.value)
        assert INSTALLED in message
        assert "python -m spacy download en_core_web_smm" in message
        assert caught.value.exit_status == 2


def test_a_pipeline_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("{}")
    with pytest.raises(MissingResourceError, match=r"cannot be loaded.*E054"):
        load_pipeline(EntitiesConfig(pipeline=str(tmp_path)))


def test_identity_follows_what_is_on_disk(tmp_path: Path) -> None:
    assert pipeline_identity(INSTALLED).startswith(f"{INSTALLED} 3.8")
    assert pipeline_identity("blank:en") == pipeline_identity("blank:en") != pipeline_identity("blank:de")
    nlp = spacy.blank("en")
    nlp.to_disk(tmp_path / "one")
    before = pipeline_identity(str(tmp_path / "one"))
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "one")
    assert pipeline_identity(str(tmp_path / "one")) != before
    assert load_pipeline(EntitiesConfig(pipeline=str(tmp_path / "one"))).pipe_names == ["sentencizer"]
