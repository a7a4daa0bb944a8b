"""Fitting on judged mentions."""

from __future__ import annotations

from cdkd_kg.entities.linking.aliases import AliasTable, Label
from cdkd_kg.entities.linking.candidates import Anchor
from cdkd_kg.entities.linking.facts import Facts
from cdkd_kg.entities.linking.fit import Judged, fit
from cdkd_kg.entities.linking.linker import Linker
from cdkd_kg.entities.linking.model import DEFAULT, FEATURES

ALIASES = AliasTable(
    [
        Label("urn:paris-city", "Paris", "preferred"),
        Label("urn:paris-person", "Paris", "preferred"),
        Label("urn:judge", "judge", "preferred"),
    ]
)
FACTS = Facts(classes={"urn:paris-city": ("urn:place",), "urn:paris-person": ("urn:person",)})


def test_counts_types_and_the_worth_of_features_are_learned() -> None:
    documents = [Judged("Paris", [Anchor("Paris", type="GPE")], ["urn:paris-city"])] * 12
    documents += [Judged("Paris", [Anchor("Paris", type="PERSON")], ["urn:paris-person"])] * 6
    model = fit(documents, ALIASES, FACTS)
    linker = Linker(ALIASES, FACTS, model)
    assert model.meant == {"paris": {"urn:paris-city": 12, "urn:paris-person": 6}}
    assert model.fit_of_type(["urn:place"], "GPE") > 0 > model.fit_of_type(["urn:place"], "PERSON")
    assert linker.link("Paris", [Anchor("Paris", type="PERSON")])[0].iri == "urn:paris-person"
    assert linker.link("Paris", [Anchor("Paris", type="GPE")])[0].iri == "urn:paris-city"


def test_mentions_that_turn_out_to_be_nil_lower_the_confidence() -> None:
    judged = [Judged("The judge spoke", [Anchor("judge")], [None])] * 30
    model = fit(judged, ALIASES)
    assert Linker(ALIASES, model=model).link("judge", [Anchor("judge")])[0].nil == "new"
    assert model.weights[FEATURES.index("cased")] < DEFAULT[FEATURES.index("cased")]


def test_unknown_is_the_smoothed_share_of_new_among_mentions_without_candidates() -> None:
    judged = [Judged("It", [Anchor("It")], ["urn:judge"])] * 5 + [Judged("Ox", [Anchor("Ox")], [None])] * 5
    assert fit(judged, ALIASES).unknown == (5 + 7) / 20


def test_nothing_judged_leaves_the_default_weights() -> None:
    assert fit([], ALIASES).weights == DEFAULT
