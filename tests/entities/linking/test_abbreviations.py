"""Abbreviations that a text explains (Schwartz and Hearst)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.entities.linking.abbreviations import abbreviations


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("magnetic resonance imaging (MRI) showed", {"MRI": "magnetic resonance imaging"}),
        ("Patients with type 1 diabetes (T1D)", {"T1D": "type 1 diabetes"}),
        ("the heat-shock protein (HSP) family", {"HSP": "heat-shock protein"}),
        ("Artificial pancreas (AP). Later, Associated Press (AP)", {"AP": "Artificial pancreas"}),
        ("MRI (magnetic resonance imaging) showed", {"MRI": "magnetic resonance imaging"}),
        ("magnetic resonance imaging (MRI; see below)", {"MRI": "magnetic resonance imaging"}),
        ("heat shock proteins (HSP, HSP70)", {"HSP": "heat shock proteins"}),
        ("MMR (measles mumps rubella, a vaccine)", {"MMR": "measles mumps rubella"}),
        ("Anna (alone in a room) and Ben (the actor) and NASA (not a name)", {}),
        ("in the year (2010) and a dog (cat)", {}),
        ("nothing that fits (XYZ)", {}),
        ("(MRI) comes first", {}),
    ],
)
def test_short_and_long_forms(text: str, found: dict[str, str]) -> None:
    assert abbreviations(text) == found


def test_only_a_few_words_before_the_bracket_are_looked_at() -> None:
    assert abbreviations("alpha " + "word " * 50 + "beta (AB)") == {}


@given(st.text(alphabet="ab AB()", max_size=60))
def test_a_long_form_holds_the_letters_of_the_short_one_in_order(text: str) -> None:
    for short, long in abbreviations(text).items():
        letters = iter(long.casefold())
        assert all(letter in letters for letter in short.casefold() if letter.isalnum())
