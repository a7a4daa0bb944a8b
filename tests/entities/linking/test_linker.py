"""Linking the mentions of a document: evidence, decision, ties, abbreviations."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.entities.linking.aliases import AliasTable, Label
from cdkd_kg.entities.linking.candidates import Anchor, Candidate
from cdkd_kg.entities.linking.facts import Facts
from cdkd_kg.entities.linking.linker import Link, Linker
from cdkd_kg.entities.linking.model import LinkModel

LABELS = [
    Label("urn:georgia-country", "Georgia", "preferred"),
    Label("urn:georgia-state", "Georgia", "preferred"),
    Label("urn:atlanta", "Atlanta", "preferred"),
    Label("urn:tbilisi", "Tbilisi", "preferred"),
    Label("urn:fao", "Food and Agriculture Organization", "preferred"),
    Label("urn:mri", "magnetic resonance imaging", "preferred"),
    Label("urn:langer", "Bernhard Langer", "preferred"),
]
FACTS = Facts(
    definitions={"urn:georgia-country": "republic in the Caucasus", "urn:georgia-state": "state of the United States"},
    neighbours={"urn:georgia-state": frozenset({"urn:atlanta"}), "urn:georgia-country": frozenset({"urn:tbilisi"})},
)
LINKER = Linker(AliasTable(LABELS), FACTS)


def link(text: str, *anchors: str) -> list[Link]:
    return LINKER.link(text, [Anchor(anchor) for anchor in anchors])


def test_equal_candidates_make_a_tie_and_all_are_kept_by_iri() -> None:
    (georgia,) = link("He went to Georgia.", "Georgia")
    assert (georgia.iri, georgia.nil) == (None, "ambiguous")
    assert [candidate.iri for candidate in georgia.candidates] == ["urn:georgia-country", "urn:georgia-state"]


def test_the_other_entities_of_the_document_decide() -> None:
    assert link("From Atlanta all over Georgia", "Atlanta", "Georgia")[1].iri == "urn:georgia-state"
    assert link("From Tbilisi all over Georgia", "Tbilisi", "Georgia")[1].iri == "urn:georgia-country"


def test_the_words_of_the_document_decide() -> None:
    (georgia,) = link("Georgia, in the Caucasus, is a republic", "Georgia")
    assert georgia.iri == "urn:georgia-country"
    assert georgia.candidates[0].context > georgia.candidates[1].context


def test_part_of_a_name_means_who_is_named_in_full() -> None:
    full, part = link("Bernhard Langer won. Langer smiled.", "Bernhard Langer", "Langer")
    assert full.iri == part.iri == "urn:langer"
    assert part.candidates[0].coherence == 1.0
    alone = LINKER.link("Langer smiled.", [Anchor("Langer")])[0].candidates[0]
    assert part.confidence > alone.score


def test_an_abbreviation_is_what_the_text_says_it_is() -> None:
    assert link("Magnetic resonance imaging (MRI) helps", "MRI")[0].iri == "urn:mri"
    assert link("The FAO met", "FAO")[0].iri == "urn:fao"


def test_a_mention_without_a_candidate_is_new() -> None:
    (found,) = link("Zanzibar", "Zanzibar")
    assert found == Link((), None, "new", LinkModel().unknown)
    assert Linker(AliasTable([])).link("Georgia", [Anchor("Georgia")])[0].nil == "new"


def test_a_common_noun_is_looked_up_as_a_whole_alone() -> None:
    (found,) = LINKER.link("an organization", [Anchor("organization", is_name=False)])
    assert found.candidates == ()


def test_what_an_anchor_meant_before_counts() -> None:
    model = LinkModel(meant={"georgia": {"urn:georgia-state": 9}})
    (georgia,) = LINKER.with_model(model).link("Georgia", [Anchor("Georgia")])
    assert georgia.iri == "urn:georgia-state"
    assert link("Georgia", "Georgia")[0].nil == "ambiguous"


def test_a_weak_candidate_is_kept_and_the_mention_is_new() -> None:
    weak = Candidate("urn:a", "Aa", "preferred", "trigram", score=0.2)
    assert LINKER.decide([weak]) == Link((weak,), None, "new", 0.8)


def test_without_fitting_a_concept_of_the_mentions_type_is_likelier() -> None:
    twins = AliasTable([Label("urn:place", "Paris", "preferred"), Label("urn:she", "Paris", "preferred")])
    linker = Linker(twins, Facts({"urn:place": ("urn:cdkd:type:GPE",), "urn:she": ("urn:cdkd:type:PERSON",)}))
    for kind, iri in (("GPE", "urn:place"), ("PERSON", "urn:she")):
        (link,) = linker.link("Paris", [Anchor("Paris", type=kind)])
        assert link.iri == iri
        assert [candidate.type_fit > 0 for candidate in link.candidates] == [True, False]
    (unknown,) = linker.link("Paris", [Anchor("Paris", type="TERM")])
    assert [candidate.type_fit for candidate in unknown.candidates] == [0, 0]


@given(st.permutations(LABELS), st.text(alphabet="GgeorgiaFAO MRI", max_size=12))
def test_the_order_of_labels_changes_nothing(labels: list[Label], anchor: str) -> None:
    assert Linker(AliasTable(labels), FACTS).link(anchor, [Anchor(anchor)]) == link(anchor, anchor)
