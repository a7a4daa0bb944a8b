"""Alias lookup: forms, and independence of order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.entities.linking.aliases import AliasTable, Label
from cdkd_kg.entities.linking.names import is_acronym

LABELS = [
    Label("urn:apple", "Apple", "preferred"),
    Label("urn:fruit", "apple tree", "alternative"),
    Label("urn:pear", "paer", "hidden"),
    Label("urn:mercury-metal", "mercury", "preferred"),
    Label("urn:mercury-planet", "Mercury", "preferred"),
    Label("urn:leukemia", "ALL", "alternative"),
]


def forms(table: AliasTable, anchor: str, lemma: str = "") -> list[tuple[str, str]]:
    return [(match.label.iri, match.form) for match in table.matches(anchor, lemma)]


def test_a_label_is_found_as_written_casefolded_and_by_lemma_form() -> None:
    table = AliasTable(LABELS, {"apple tree": "apple tree"})
    assert forms(table, "Apple") == [("urn:apple", "cased")]
    assert forms(table, "APPLE") == [("urn:apple", "folded")]
    assert forms(table, "Apple\n Tree") == [("urn:fruit", "folded")]
    assert forms(table, "apple trees", "apple tree") == [("urn:fruit", "lemma")]
    assert forms(table, "plum", "plum") == []
    assert table.knows("Paer")
    assert not table.knows("plum")


def test_labels_that_differ_by_case_are_told_apart_where_the_anchor_tells_them() -> None:
    table = AliasTable(LABELS)
    assert forms(table, "Mercury") == [("urn:mercury-planet", "cased"), ("urn:mercury-metal", "folded")]
    assert forms(table, "MERCURY") == [("urn:mercury-metal", "folded"), ("urn:mercury-planet", "folded")]


def test_an_acronym_is_not_the_word_that_it_spells() -> None:
    table = AliasTable(LABELS, {"ALL": "all"})
    assert forms(table, "ALL") == [("urn:leukemia", "cased")]
    assert forms(table, "all", "all") == []
    assert [is_acronym(text) for text in ("COVID", "EUROPE AID", "Aids")] == [True, False, False]


def test_an_empty_table_has_no_candidates() -> None:
    assert AliasTable([]).matches("anything") == []
    assert AliasTable([]).texts() == []


@given(st.permutations(LABELS))
def test_order_and_repetition_of_labels_change_nothing(labels: list[Label]) -> None:
    table, again = AliasTable(LABELS), AliasTable([*labels, labels[0]])
    assert again.digest == table.digest
    assert again.texts() == table.texts()
    assert len(again) == len(LABELS)
    for anchor in ("Apple", "mercury", "MERCURY", "paer"):
        assert again.matches(anchor) == table.matches(anchor)


def test_the_digest_tells_tables_apart() -> None:
    assert AliasTable(LABELS).digest != AliasTable(LABELS[1:]).digest
