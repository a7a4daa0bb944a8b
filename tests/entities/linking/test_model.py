"""The conditional logit: probabilities, what is known without training, fitting, and files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.entities.linking.aliases import FORMS, Form
from cdkd_kg.entities.linking.candidates import Candidate
from cdkd_kg.entities.linking.model import DEFAULT, FEATURES, LinkModel, fitted_weights, vector
from cdkd_kg.errors import ArtifactError


def candidate(form: Form = "cased", iri: str = "urn:a", **features: float) -> Candidate:
    return Candidate(iri, "A", "preferred", form)._replace(**features)


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.sampled_from(FORMS),
        prior=st.floats(1e-6, 1),
        context=st.floats(0, 1),
        similarity=st.floats(0, 1),
    ),
    max_size=30,
)


@given(CANDIDATES)
def test_probabilities_of_candidates_and_nil_sum_to_one(candidates: list[Candidate]) -> None:
    shares, nil = LinkModel().probabilities(candidates)
    assert all(0 <= share <= 1 for share in [*shares, nil])
    if candidates:
        assert sum(shares) + nil == pytest.approx(1)
    backwards, same = LinkModel().probabilities(candidates[::-1])
    assert backwards[::-1] == pytest.approx(shares)
    assert same == pytest.approx(nil)


def test_extreme_weights_do_not_overflow() -> None:
    shares, nil = LinkModel(weights=(1e4,) * len(FEATURES)).probabilities([candidate(), candidate("trigram")])
    assert np.isfinite([*shares, nil]).all()


def test_without_training_evidence_counts_the_right_way() -> None:
    def probability(one: Candidate) -> float:
        return LinkModel().probabilities([one])[0][0]

    assert (
        probability(candidate()) > probability(candidate("lemma")) > probability(candidate("trigram", similarity=0.5))
    )
    assert probability(candidate("part", similarity=0.9)) > probability(candidate("part", similarity=0.2))
    assert probability(candidate(words=2)) > probability(candidate())
    assert probability(candidate(context=1)) > probability(candidate())
    assert probability(candidate(prior=0.1)) < probability(candidate())
    assert probability(candidate(case=-1)) < probability(candidate())


def test_fitting_learns_what_the_judged_mentions_show_and_leaves_the_rest() -> None:
    right, wrong = candidate(context=0.9), candidate(context=0.0)
    rows = [(np.array([vector(wrong), vector(right)]), 1)] * 20 + [(np.array([vector(wrong)]), None)] * 20
    model = LinkModel(fitted_weights(rows, DEFAULT, 1.0))
    shares, _ = model.probabilities([wrong, right])
    assert shares[1] > 0.9
    assert model.probabilities([wrong])[1] > 0.7
    hidden = FEATURES.index("hidden")
    assert model.weights[hidden] == pytest.approx(DEFAULT[hidden])


def test_the_gradient_is_that_of_the_loss() -> None:
    random = np.random.default_rng(0)
    rows = [(random.normal(size=(3, len(FEATURES))), place) for place in (0, 1, None)]
    best = np.array(fitted_weights(rows, DEFAULT, 0.5))

    def loss(weights: np.ndarray) -> float:
        value = 0.25 * ((weights - np.array(DEFAULT)) ** 2).sum()
        for features, place in rows:
            scores = np.append(features @ weights, 0)
            value -= scores[-1 if place is None else place] - np.log(np.exp(scores).sum())
        return float(value)

    for direction in np.eye(len(FEATURES)):
        assert loss(best) <= loss(best + 1e-2 * direction) + 1e-9
        assert loss(best) <= loss(best - 1e-2 * direction) + 1e-9


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    model = LinkModel(meant={"us": {"urn:us": 3}}, type_fit={"urn:place": {"GPE": 1.5}}, unknown=0.5)
    model.save(tmp_path / "model.json")
    again = LinkModel.load(tmp_path / "model.json")
    assert again == model
    assert again.times_meant("US", "urn:us") == 3
    assert again.fit_of_type(["urn:place", "urn:other"], "GPE") == 1.5
    assert again.fit_of_type([], "GPE") == replace(model, type_fit={}).fit_of_type(["urn:place"], "GPE") == 0


@pytest.mark.parametrize(
    "change",
    [{"weights": {}}, {"unknown": "x"}, {"weights": {"cased": 1}}, {"meant": []}, {"type_fit": {"urn:a": 1}}],
)
def test_another_file_is_no_model(tmp_path: Path, change: dict[str, object]) -> None:
    LinkModel().save(tmp_path / "model.json")
    write_json(tmp_path / "model.json", read_json(tmp_path / "model.json") | change)
    with pytest.raises(ArtifactError, match="not a linking model"):
        LinkModel.load(tmp_path / "model.json")
