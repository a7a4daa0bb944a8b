"""Prototypes, and what documents and domains make of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from cdkd_kg.teachers.weighting.domain_graph import DomainGraph, random_domain_graph
from cdkd_kg.teachers.weighting.fit import fit
from cdkd_kg.teachers.weighting.prototype import Nearness, prototypes
from cdkd_kg.teachers.weighting.weigh import mean_weights, weigh
from tests.teachers.weighting.helpers import drawn


def test_a_prototype_is_the_mean_of_documents_that_do_not_judge():
    opinions = drawn(0, [2.0, 1.0, 0.5])
    found = prototypes(opinions)
    assert opinions.names == ["domain0", "domain1", "domain2", "target"]
    kept = (opinions.domains == "domain1") & ~opinions.judged
    assert found[1] == pytest.approx(opinions.geometry[kept].mean(axis=0))
    all_judge = replace(opinions, judged=opinions.domains == "domain1")
    assert prototypes(all_judge)[1] == pytest.approx(opinions.geometry[opinions.domains == "domain1"].mean(axis=0))


def test_the_nearest_domain_s_teacher_scores_highest():
    opinions = drawn(0, [2.0, 1.0, 0.5])
    geometry = opinions.geometry.copy()
    geometry[-1] = prototypes(opinions)[1]
    assert Nearness(replace(opinions, geometry=geometry))()[-1].argmax() == 1


def test_a_teacher_without_a_document_of_its_domain_is_told():
    opinions = drawn(0, [2.0, 1.0, 0.5])
    with pytest.raises(ValueError, match=r"\['elsewhere'\]"):
        Nearness(replace(opinions, teachers=("domain0", "domain1", "elsewhere")))


def _helped_by_neighbours(seed):
    """Return four domains in two pairs of neighbours; a teacher is right on its neighbour and guesses elsewhere."""
    opinions = drawn(seed, [1.0] * 4, documents=120)
    rng = np.random.default_rng(seed)
    pairs = {name: place // 2 for place, name in enumerate(opinions.teachers)} | {"target": 0}
    places = np.array([pairs[name] for name in opinions.domains])
    centres = 3 * np.eye(2, 6)[places]
    right = 2 * opinions.targets - 1
    logits = np.stack(
        [
            2 * right * (places == pairs[name])[:, None] + 1.5 * rng.normal(size=right.shape)
            for name in opinions.teachers
        ]
    )
    return replace(opinions, logits=logits, geometry=centres + 0.5 * rng.normal(size=opinions.geometry.shape))


@pytest.mark.parametrize("way", ["prototype", "domain_graph"])
def test_a_target_listens_to_the_domains_that_are_like_it(way):
    opinions = _helped_by_neighbours(0)
    found = weigh(way, opinions)
    mean = mean_weights(opinions, found.weights)["target"]
    assert found.strength < np.inf
    assert mean["domain0"] + mean["domain1"] > 0.7


def test_a_graph_that_is_trained_says_more_than_one_that_is_not():
    opinions = _helped_by_neighbours(0)
    said = []
    for network in (DomainGraph(opinions, 0), random_domain_graph(opinions, 0)):
        before = [one.detach().clone() for one in network.parameters()]
        fit(network, opinions, opinions.judged, 0.1)
        moved = [not torch.equal(one, other) for one, other in zip(before, network.parameters(), strict=True)]
        said.append((any(moved), float(network()[-1, :2].detach().mean() - network()[-1, 2:].detach().mean())))
    (is_trained, near), (is_not, other) = said
    assert is_trained
    assert not is_not
    assert near > other + 1


def test_a_graph_starts_from_its_seed_and_leaves_other_draws_alone():
    opinions = drawn(0, [2.0, 1.0, 0.5])
    torch.manual_seed(7)
    first = DomainGraph(opinions, 1)()
    after = torch.rand(1)
    torch.manual_seed(7)
    assert torch.equal(torch.rand(1), after)
    assert torch.equal(first, DomainGraph(opinions, 1)())
    assert not torch.equal(first, DomainGraph(opinions, 2)())


def test_documents_of_a_domain_share_its_weights_in_the_graph():
    opinions = drawn(0, [2.0, 1.0, 0.5])
    scores = DomainGraph(opinions, 0)().detach().numpy()
    for name in opinions.names:
        assert len(np.unique(scores[opinions.domains == name], axis=0)) == 1
