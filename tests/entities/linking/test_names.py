"""Names as words: accents, points, possessives, particles, initials."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.entities.linking.names import content_words, initials, is_acronym, name_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("U.S.", ("us",)),
        ("Children\u2019s Hospital", ("children", "hospital")),
        ("Al-Shabab", ("al", "shabab")),
        ("S\u00e3o Paulo", ("sao", "paulo")),
        ("St. James' Park", ("st", "james", "park")),
        ("...", ()),
    ],
)
def test_a_name_is_its_words(text: str, words: tuple[str, ...]) -> None:
    assert name_words(text) == words


def test_particles_are_left_out_unless_they_are_all_there_is() -> None:
    assert content_words(("bank", "of", "england")) == ("bank", "england")
    assert content_words(("the", "a")) == ("the", "a")
    assert initials(("the", "food", "and", "agriculture", "organization")) == "fao"


def test_short_words_in_capitals_are_acronyms() -> None:
    assert [is_acronym(text) for text in ("COVID", "EUROPE AID", "Aids")] == [True, False, False]


@given(st.text())
def test_the_words_of_any_text_are_words_and_stay_as_they_are(text: str) -> None:
    words = name_words(text)
    assert all(word and word.isalnum() for word in words)
    assert len(initials(words)) == len(content_words(words))
