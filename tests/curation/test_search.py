"""Names are found while they are typed."""

from __future__ import annotations

from cdkd_kg.curation.search import Search
from cdkd_kg.entities.linking.aliases import Label

SEARCH = Search(
    [
        Label("urn:1", "Royal Horticultural Society", "preferred"),
        Label("urn:1", "RHS", "alternative"),
        Label("urn:2", "Royal Society", "preferred"),
        Label("urn:3", "Société Générale", "preferred"),
        Label("urn:4", "C++ (language)", "preferred"),
    ]
)


def names(typed: str) -> list[str]:
    return [hit.preferred for hit in SEARCH.find(typed)]


def test_words_are_found_by_their_beginnings_in_whatever_order_the_shortest_name_first() -> None:
    assert names("roy") == ["Royal Society", "Royal Horticultural Society"]
    assert names("soc ROYAL") == ["Royal Society", "Royal Horticultural Society"]
    assert names("royal hort") == ["Royal Horticultural Society"]
    assert names("rhs") == ["Royal Horticultural Society"]
    assert SEARCH.find("rhs")[0].name == "RHS"
    assert names("generale") == ["Société Générale"]


def test_each_entity_is_there_once_and_no_more_than_wanted() -> None:
    many = Search([Label("urn:1", f"a {number}", "alternative") for number in range(30)])
    assert len(many.find("a")) == 1
    assert len(Search([Label(f"urn:{n}", f"a {n}", "preferred") for n in range(30)]).find("a", 7)) == 7


def test_whatever_is_typed_is_only_looked_for() -> None:
    for typed in ("", " ", '"', "*", "royal AND", "NEAR(", "iri:urn", "a" * 10_000, "c++", "-royal", "\0", "') --"):
        assert isinstance(SEARCH.find(typed), list)
    assert names("c++") == ["C++ (language)"]
    assert names('"*') == []
