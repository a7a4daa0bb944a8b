"""Labels that an anchor is near to: parts, acronyms, spellings."""

from __future__ import annotations

import pytest

from cdkd_kg.entities.linking.aliases import Label
from cdkd_kg.entities.linking.near import MOST, NearNames

NAMES = (
    "Bernhard Langer", "Champions Tour", "Food and Agriculture Organization", "Boston", "Boston Red Sox",
    "Yuri Moiseyev", "Lee Seung-hyo",
)  # fmt: skip
NEAR = NearNames([Label(f"urn:{place}", name, "preferred") for place, name in enumerate(NAMES)])


def found(anchor: str) -> set[tuple[str, str]]:
    return {(match.label.text, match.form) for match in NEAR.matches(anchor)}


def test_an_anchor_that_is_part_of_a_name_and_one_that_holds_a_name() -> None:
    assert ("Bernhard Langer", "part") in found("Langer")
    assert ("Boston", "holds") in found("Boston, Massachusetts")
    assert {("Boston", "part"), ("Boston Red Sox", "part")} <= found("Boston")


def test_rarer_words_count_for_more() -> None:
    similarity = {match.label.text: match.similarity for match in NEAR.matches("Boston") if match.form == "part"}
    assert similarity["Boston"] == pytest.approx(1.0)
    assert similarity["Boston Red Sox"] < 0.5


def test_an_acronym_has_the_initials_of_the_content_words() -> None:
    assert ("Food and Agriculture Organization", "acronym") in found("F.A.O.")
    assert not any(form == "acronym" for _, form in found("fao"))


def test_another_spelling_is_near() -> None:
    assert ("Yuri Moiseyev", "trigram") in found("Yuri Moiseev")
    assert ("Lee Seung-hyo", "part") in found("Lee Seung Hyo")
    assert found("Zanzibar") == set()


def test_a_word_that_very_many_names_share_tells_nothing() -> None:
    many = NearNames([Label(f"urn:{n:04}", f"Smith number{n}", "preferred") for n in range(20 * MOST)])
    assert [match for match in many.matches("Smith") if match.form == "part"] == []


def test_nothing_is_near_to_nothing() -> None:
    assert NearNames([]).matches("Boston") == []
    assert NEAR.matches("...") == []


def test_letters_that_no_label_has_make_a_name_less_alike() -> None:
    few = NearNames([Label("urn:shears", "shears", "preferred"), Label("urn:shed", "shed", "preferred")])
    assert few.matches("Sheffield") == []
    assert [match.label.text for match in few.matches("Shearss")] == ["shears"]
