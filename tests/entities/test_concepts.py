"""Noun concepts of tagged texts."""

from __future__ import annotations

import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Span

from cdkd_kg.entities.concepts import noun_concepts
from tests.entities.helpers import blank, tagged

NLP = blank()


def anything(span: Span) -> bool:
    return len(span) > 0


def nothing(span: Span) -> bool:
    return not anything(span)


def concepts(*tokens: str, taken: tuple[int, ...] = (), known: tuple[str, ...] = ()) -> list[str]:
    doc = tagged(NLP, *tokens)
    return [doc[start:end].text for start, end in noun_concepts(doc, taken, lambda span: span.text in known)]


def test_a_phrase_is_taken_apart_into_nouns() -> None:
    assert concepts("the/DET", "rapid/ADJ", "housing/NOUN", "market/NOUN", "fell/VERB") == ["housing", "market"]


def test_a_proper_name_stays_whole() -> None:
    assert concepts("Serious/PROPN", "Fraud/PROPN", "Office/PROPN", "staff/NOUN") == ["Serious Fraud Office", "staff"]
    doc = spacy.tokens.Doc(
        NLP.vocab, ["Anna", "Schulte", "-", "Strathaus"], [True, False, False, False],
        pos=["PROPN", "PROPN", "PUNCT", "PROPN"],
    )  # fmt: skip
    assert list(noun_concepts(doc, (), nothing)) == [(0, 4)]


def test_what_the_vocabulary_knows_stays_whole() -> None:
    words = ("severe/ADJ", "lung/NOUN", "cancers/NOUN", "ward/NOUN")
    assert concepts(*words, known=("lung cancers",)) == ["lung cancers", "ward"]
    assert concepts(*words, known=("lung cancers", "lung cancers ward")) == ["lung cancers ward"]


def test_pronouns_numbers_urls_letters_and_stop_words_are_no_concepts() -> None:
    assert concepts("she/PRON", "42/NUM", "27bn/NOUN", "x/NOUN", "www.example.org/NOUN", "something/NOUN") == []


def test_tokens_of_stronger_mentions_are_left_alone() -> None:
    assert concepts("British/PROPN", "film/NOUN", "industry/NOUN", taken=(0, 2)) == ["film"]


def test_a_text_without_tags_has_none() -> None:
    doc = spacy.blank("xx")("no tags here")
    assert list(noun_concepts(doc, (), anything)) == []


TOKENS = st.lists(
    st.tuples(
        st.sampled_from(["ox", "Rome", "-", "big", "7", "the"]), st.sampled_from(["NOUN", "PROPN", "ADJ", "PUNCT"])
    ),
    max_size=14,
)


@given(TOKENS, st.sets(st.integers(0, 13)), st.integers(0, 3))
def test_concepts_never_overlap_nor_touch_what_is_taken(
    tokens: list[tuple[str, str]], taken: set[int], modulus: int
) -> None:
    words, pos = [word for word, _ in tokens], [tag for _, tag in tokens]
    doc = spacy.tokens.Doc(NLP.vocab, words, [False] * len(words), pos=pos)

    def is_known(span: Span) -> bool:
        return modulus > 0 and (span.start + span.end) % modulus == 0

    tokens_used = [token for start, end in noun_concepts(doc, taken, is_known) for token in range(start, end)]
    assert tokens_used == sorted(set(tokens_used))
    assert taken.isdisjoint(tokens_used)
