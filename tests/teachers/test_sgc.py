"""SGC: knowledge that tells classes apart is chosen, other knowledge is not."""

from __future__ import annotations

import numpy as np
import torch
from torch_geometric.data import HeteroData

from cdkd_kg.graph.tensors import MENTIONS
from cdkd_kg.teachers.graph import GraphTask
from cdkd_kg.teachers.sgc import sgc_expert
from tests.teachers.helpers import two_classes, without_entities

DOCUMENTS = 200


def _graph(**predicates: list[tuple[int, int]]) -> HeteroData:
    """Return documents that name one entity each, all different; entities 200 and 201 are named by none."""
    data = without_entities(DOCUMENTS)
    data["entity"].num_nodes = DOCUMENTS + 2
    typed = {MENTIONS: [(place, place) for place in range(DOCUMENTS)]}
    typed |= {("entity", name, "entity"): pairs for name, pairs in predicates.items()}
    for kind, pairs in typed.items():
        data[kind].edge_index, data[kind].edge_weight = torch.tensor(pairs).T, torch.ones(len(pairs))
    return data


def _vectors() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(DOCUMENTS + 2, 16)).astype(np.float32)


def _right(logits: np.ndarray, task: GraphTask) -> float:
    return float((logits[40:].argmax(1) == task.targets[40:].argmax(1)).mean())


def test_kinds_that_entities_share_carry_a_label_over_and_are_chosen() -> None:
    task, _ = two_classes(DOCUMENTS, np.random.default_rng(0))
    kinds = [(place, DOCUMENTS + place % 2) for place in range(DOCUMENTS)]
    noise = [(int(a), int(b)) for a, b in np.random.default_rng(1).integers(0, DOCUMENTS, (300, 2))]
    expert = sgc_expert(_graph(broader=kinds, near=noise), 3 * _vectors(), task)
    assert expert.notes["predicates"][0] == "broader"
    assert _right(expert.logits, task) > 0.9
    without = sgc_expert(_graph(near=noise), _vectors(), task)
    assert _right(without.logits, task) < 0.65


def test_knowledge_is_followed_in_the_direction_in_which_it_is_said() -> None:
    task, _ = two_classes(DOCUMENTS, np.random.default_rng(0))
    backwards = [(DOCUMENTS + place % 2, place) for place in range(DOCUMENTS)]
    assert _right(sgc_expert(_graph(broader=backwards), _vectors(), task).logits, task) < 0.65


def test_no_entity_and_no_mention_say_nothing() -> None:
    task, _ = two_classes(60, np.random.default_rng(0))
    expert = sgc_expert(without_entities(60), np.empty((0, 16), np.float32), task)
    assert np.allclose(expert.logits, expert.logits[0])
    assert expert.notes["predicates"] == []
