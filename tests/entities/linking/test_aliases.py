"""Alias lookup: forms, scores, ambiguity, and independence of order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.entities.aliases import AliasTable, Label, is_acronym

LABELS = [
    Label("urn:apple", "Apple", "preferred"),
    Label("urn:fruit", "apple tree", "alternative"),
    Label("urn:pear", "paer", "hidden"),
    Label("urn:mercury-metal", "mercury", "preferred"),
    Label("urn:mercury-planet", "Mercury", "preferred"),
    Label("urn:leukemia", "ALL", "alternative"),
]


def scores(table: AliasTable, anchor: str, lemma: str = "") -> list[tuple[str, float]]:
    return [(candidate.iri, pytest.approx(candidate.score)) for candidate in table.candidates(anchor, lemma)]


def test_a_form_closer_to_the_label_scores_higher() -> None:
    table = AliasTable(LABELS, {"apple tree": "apple tree"})
    assert scores(table, "Apple") == [("urn:apple", 1.0)]
    assert scores(table, "APPLE") == [("urn:apple", 0.9)]
    assert scores(table, "Apple\n Tree") == [("urn:fruit", 0.8)]
    assert scores(table, "apple trees", "apple tree") == [("urn:fruit", 0.65)]
    assert scores(table, "Paer") == [("urn:pear", 0.6)]
    assert scores(table, "plum", "plum") == []


def test_case_decides_between_equal_names_and_where_it_cannot_all_are_kept_by_iri() -> None:
    table = AliasTable(LABELS)
    assert scores(table, "Mercury") == [("urn:mercury-planet", 1.0), ("urn:mercury-metal", 0.45)]
    assert scores(table, "MERCURY") == [("urn:mercury-metal", 0.45), ("urn:mercury-planet", 0.45)]


def test_a_concept_with_two_matching_labels_is_one_candidate_by_its_best() -> None:
    table = AliasTable([Label("urn:a", "flu", "hidden"), Label("urn:a", "Flu", "preferred")])
    assert [(found.label, found.kind) for found in table.candidates("flu")] == [("Flu", "preferred")]


def test_an_acronym_is_not_the_word_that_it_spells() -> None:
    table = AliasTable(LABELS, {"ALL": "all"})
    assert scores(table, "ALL") == [("urn:leukemia", 0.8)]
    assert scores(table, "all", "all") == []
    assert [is_acronym(text) for text in ("COVID", "EUROPE AID", "Aids")] == [True, False, False]


def test_an_empty_table_has_no_candidates() -> None:
    assert AliasTable([]).candidates("anything") == ()
    assert AliasTable([]).texts() == []


@given(st.permutations(LABELS))
def test_order_and_repetition_of_labels_change_nothing(labels: list[Label]) -> None:
    table, again = AliasTable(LABELS), AliasTable([*labels, labels[0]])
    assert again.digest == table.digest
    assert again.texts() == table.texts()
    assert len(again) == len(LABELS)
    for anchor in ("Apple", "mercury", "MERCURY", "paer"):
        assert again.candidates(anchor) == table.candidates(anchor)


OXEN = st.builds(
    Label,
    st.sampled_from("abcd"),
    st.sampled_from(["ox", "Ox", "oX"]),
    st.sampled_from(["preferred", "alternative", "hidden"]),
)


@given(st.lists(OXEN), st.sampled_from(["ox", "OX"]))
def test_scores_are_in_range_and_sorted(labels: list[Label], anchor: str) -> None:
    found = AliasTable(labels).candidates(anchor)
    assert all(0 < candidate.score <= 1 for candidate in found)
    assert list(found) == sorted(found, key=lambda candidate: (-candidate.score, candidate.iri))
    assert {candidate.iri for candidate in found} == {label.iri for label in labels}


def test_the_digest_tells_tables_apart() -> None:
    assert AliasTable(LABELS).digest != AliasTable(LABELS[1:]).digest
