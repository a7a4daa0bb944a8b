"""Relations by grammar, on parses built by hand."""

from __future__ import annotations

import re

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc

from cdkd_kg.entities.grammar import predicate_form
from cdkd_kg.entities.mentions import SPANS
from cdkd_kg.entities.relations import find_relations
from tests.entities.helpers import blank, finder, parsed

NLP = blank()


def relations(doc: Doc) -> list[tuple[str, str, str, str]]:
    mentions = find_relations(finder(NLP)(doc)).spans[SPANS]
    return [
        (mentions[found.subject].text, found.predicate, mentions[found.object].text, found.pattern)
        for found in doc._.cdkd_relations
    ]


def test_subject_verb_object_with_joined_subjects_and_verbs() -> None:
    doc = parsed(
        NLP, "Rome/PROPN/Rome/nsubj/3", "and/CCONJ/and/cc/0", "Oslo/PROPN/Oslo/conj/0", "took/VERB/take/ROOT/3",
        "over/ADP/over/prt/3", "Paris/PROPN/Paris/dobj/3", "and/CCONJ/and/cc/3", "sold/VERB/sell/conj/3",
        "cake/NOUN/cake/dobj/7",
    )  # fmt: skip
    assert relations(doc) == [
        ("Rome", "take_over", "Paris", "subject_object"),
        ("Rome", "sell", "cake", "subject_object"),
        ("Oslo", "take_over", "Paris", "subject_object"),
        ("Oslo", "sell", "cake", "subject_object"),
    ]


def test_the_patterns_and_other_and_including() -> None:
    doc = parsed(
        NLP, "dogs/NOUN/dog/nsubj/8", ",/PUNCT/,/punct/0", "cats/NOUN/cat/conj/0", "and/CCONJ/and/cc/2",
        "other/ADJ/other/amod/5", "animals/NOUN/animal/conj/2", "including/VERB/include/prep/5",
        "ferrets/NOUN/ferret/pobj/6", "sleep/VERB/sleep/ROOT/8",
    )  # fmt: skip
    assert relations(doc) == [
        ("dogs", "is_a", "animals", "and_other"),
        ("cats", "is_a", "animals", "and_other"),
        ("ferrets", "is_a", "animals", "including"),
    ]


def test_passive_turns_subject_and_agent_round() -> None:
    doc = parsed(
        NLP, "Oslo/PROPN/Oslo/nsubjpass/2", "was/AUX/be/auxpass/2", "bought/VERB/buy/ROOT/2", "by/ADP/by/agent/2",
        "Rome/PROPN/Rome/pobj/3", "in/ADP/in/prep/2", "spring/NOUN/spring/pobj/5",
    )  # fmt: skip
    assert relations(doc) == [
        ("Oslo", "buy_in", "spring", "verb_preposition"),
        ("Rome", "buy", "Oslo", "passive"),
    ]


def test_prepositions_of_nouns_and_the_pattern_such_as() -> None:
    doc = parsed(
        NLP, "drugs/NOUN/drug/ROOT/0", "such/ADJ/such/amod/2", "as/ADP/as/prep/0", "aspirin/NOUN/aspirin/pobj/2",
        "and/CCONJ/and/cc/3", "insulin/NOUN/insulin/conj/3", "for/ADP/for/prep/0", "pain/NOUN/pain/pobj/6",
    )  # fmt: skip
    assert relations(doc) == [
        ("drugs", "for", "pain", "noun_preposition"),
        ("aspirin", "is_a", "drugs", "such_as"),
        ("insulin", "is_a", "drugs", "such_as"),
    ]


@pytest.mark.parametrize("first", ["Rome", "city"])
def test_of_an_apposition_the_name_is_the_subject(first: str) -> None:
    second = "city" if first == "Rome" else "Rome"
    doc = parsed(
        NLP, f"{first}/NOUN/{first}/ROOT/0", f"{second}/NOUN/{second}/appos/0",
        entities=["B-GPE", "O"] if first == "Rome" else ["O", "B-GPE"],
    )  # fmt: skip
    assert relations(doc) == [("Rome", "is_a", "city", "apposition")]


def test_a_name_is_no_kind_of_a_name_and_nothing_of_itself() -> None:
    names = parsed(NLP, "Rome/PROPN/Rome/ROOT/0", "Italy/PROPN/Italy/appos/0", entities=["B-GPE", "B-GPE"])
    same = parsed(NLP, "drug/NOUN/drug/ROOT/0", "of/ADP/of/prep/0", "drugs/NOUN/drug/pobj/1")
    assert relations(names) == []
    assert relations(same) == []


def test_negation_is_no_relation() -> None:
    verb = parsed(
        NLP, "Rome/PROPN/Rome/nsubj/3", "did/AUX/do/aux/3", "not/PART/not/neg/3", "buy/VERB/buy/ROOT/3",
        "Oslo/PROPN/Oslo/dobj/3",
    )  # fmt: skip
    noun = parsed(
        NLP, "Rome/PROPN/Rome/nsubj/1", "bought/VERB/buy/ROOT/1", "no/DET/no/det/3", "cake/NOUN/cake/dobj/1"
    )  # fmt: skip
    assert relations(verb) == []
    assert relations(noun) == []


def test_universal_dependencies() -> None:
    doc = parsed(
        NLP, "Oslo/PROPN/Oslo/nsubj:pass/2", "wurde/AUX/werden/aux:pass/2", "gekauft/VERB/kaufen/ROOT/2",
        "von/ADP/von/case/4", "Rom/PROPN/Rom/obl:agent/2", "für/ADP/für/case/6", "Geld/NOUN/Geld/obl/2",
    )  # fmt: skip
    assert relations(doc) == [
        ("Oslo", "kaufen_fur", "Geld", "verb_preposition"),
        ("Rom", "kaufen", "Oslo", "passive"),
    ]
    copula = parsed(
        NLP, "Rom/PROPN/Rom/nsubj/2", "ist/AUX/sein/cop/2", "Stadt/NOUN/Stadt/ROOT/2", entities=["B-GPE", "O", "O"]
    )
    assert relations(copula) == [("Rom", "is_a", "Stadt", "copula")]


def test_a_text_without_a_parse_or_without_mentions_has_none() -> None:
    for text in ("Rome bought Oslo", ""):
        assert find_relations(NLP(text))._.cdkd_relations == []
    assert relations(spacy.blank("en")("Rome")) == []


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_predicate_is_a_word_or_nothing(verb: str, preposition: str) -> None:
    assert re.fullmatch(r"([a-z]+(_[a-z]+)*)?", predicate_form(verb, preposition))
