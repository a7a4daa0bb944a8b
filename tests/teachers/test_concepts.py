"""Entities vote for the classes whose concepts they are kinds of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from torch_geometric.data import HeteroData

from cdkd_kg.graph.controls import shuffled
from cdkd_kg.graph.tensors import MENTIONS
from cdkd_kg.teachers.concepts import DECAY, concept_expert, kinds_of
from tests.teachers.helpers import two_classes, without_entities

NAMES = ("asthma", "lung disease", "stroke", "brain disease", "disease")
BROADER = [(0, 1), (1, 4), (2, 3), (3, 4)]
CONCEPTS = (["lung disease"], ["brain disease"])


def graph(mentions: list[tuple[int, int]], documents: int = 4, kind: str = "broader") -> HeteroData:
    data = without_entities(documents)
    data["entity"].ids, data["entity"].num_nodes = list(NAMES), len(NAMES)
    for edge, pairs in ((MENTIONS, mentions), (("entity", kind, "entity"), BROADER)):
        data[edge].edge_index = torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T
        data[edge].edge_weight = torch.ones(len(pairs))
    return data


def task(documents: int = 4, multi_label: bool = False):
    return replace(two_classes(documents, np.random.default_rng(0))[0], multi_label=multi_label)


@pytest.mark.parametrize("kind", ["broader", "subClassOf", "subject"])
def test_a_document_votes_for_what_its_entities_are_kinds_of(kind):
    expert = concept_expert(graph([(0, 0), (1, 2), (2, 0), (2, 0), (2, 2)], kind=kind), CONCEPTS, task())
    assert expert is not None
    assert expert.logits[:3].argmax(1).tolist() == [0, 1, 0]
    assert expert.logits[3, 0] == expert.logits[3, 1]  # it names nothing, so it says nothing
    assert expert.logits[0, 0] - expert.logits[0, 1] > expert.logits[2, 0] - expert.logits[2, 1]
    assert expert.notes == {"labels_with_concepts": 2, "documents_with_votes": 3}


def test_golden_logits():
    expert = concept_expert(graph([(0, 0), (0, 3)]), CONCEPTS, task())
    assert expert is not None
    votes = np.array([DECAY, 1.0])
    assert expert.logits[0] == pytest.approx(np.log(votes / votes.sum() + 0.05))


def test_knowledge_goes_from_the_special_to_the_general_only():
    assert concept_expert(graph([(0, 4)]), CONCEPTS, task()) is None


def test_other_relations_do_not_count():
    assert concept_expert(graph([(0, 0)], kind="related"), CONCEPTS, task()) is None


def test_without_mentions_or_concepts_there_is_no_expert():
    assert concept_expert(graph([]), CONCEPTS, task()) is None
    assert concept_expert(without_entities(4), CONCEPTS, task()) is None
    assert concept_expert(graph([(0, 0)]), ([], ["not an entity"]), task()) is None


def test_independent_labels_get_log_odds():
    expert = concept_expert(graph([(0, 1), (1, 1), (1, 3)]), CONCEPTS, task(multi_label=True))
    assert expert is not None
    assert expert.logits[0, 0] > 0 > expert.logits[0, 1]
    assert expert.logits[1] == pytest.approx([0, 0], abs=1e-6)
    assert (expert.logits[2] < 0).all()


def test_a_circle_of_broader_ends():
    ring = csr_array(np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]))
    assert kinds_of(ring, [["a"]], ["a", "b", "c"])[:, 0].tolist() == pytest.approx([1, DECAY**2, DECAY])


@given(st.integers(2, 12), st.integers(0, 2**31), st.floats(0.05, 0.6))
def test_near_is_a_power_of_the_shortest_way(nodes, seed, density):
    generator = np.random.default_rng(seed)
    edges = (generator.random((nodes, nodes)) < density).astype(float)
    near = kinds_of(csr_array(edges), [["0"], ["1", "0"]], [str(node) for node in range(nodes)])
    distance = np.full(nodes, np.inf)
    distance[0] = 0
    for _ in range(nodes):  # Bellman and Ford
        distance = np.minimum(distance, np.where(edges > 0, 1 + distance[None, :], np.inf).min(axis=1))
    assert near[:, 0] == pytest.approx(np.where(np.isinf(distance), 0, DECAY**distance))
    assert (near[:, 1] >= near[:, 0]).all()


def test_with_its_entities_exchanged_the_graph_tells_nothing():
    truth, documents = two_classes(400, np.random.default_rng(0))[0], 400
    mentions = [(place, 0 if truth.targets[place, 0] else 2) for place in range(documents)]
    real = concept_expert(graph(mentions, documents), CONCEPTS, truth)
    assert real is not None
    assert (real.logits.argmax(1) == truth.targets.argmax(1)).mean() == 1
    right = []
    for seed in range(20):
        control = concept_expert(shuffled(graph(mentions, documents), seed), CONCEPTS, truth)
        if control is not None and control.logits.std():
            right.append((control.logits.argmax(1) == truth.targets.argmax(1)).mean())
    assert 0.2 < np.mean(right) < 0.8
