"""Small graphs and tasks."""

from __future__ import annotations

import numpy as np
import torch
from torch_geometric.data import HeteroData

from cdkd_kg.teachers.adjacency import Relations
from cdkd_kg.teachers.graph import GraphTask

EDGES = {"a": [(0, 1), (0, 2), (3, 1)], "b": [(1, 0), (2, 3)]}
"""(receiver, sender) pairs over four nodes."""


def relations(documents: int | None = None, **edges: tuple[list[tuple[int, int]], list[float]]) -> Relations:
    """Return typed edges over four nodes."""
    typed = {name: (torch.tensor(pairs).T, torch.tensor(weights)) for name, (pairs, weights) in edges.items()}
    return Relations.from_edges(typed, nodes=4, documents=documents)


def equal_weights(documents: int | None = None) -> Relations:
    """Return :data:`EDGES`, each with weight 1."""
    return relations(documents, **{name: (pairs, [1.0] * len(pairs)) for name, pairs in EDGES.items()})


def two_classes(documents: int, rng: np.random.Generator) -> tuple[GraphTask, np.ndarray]:
    """Return two classes that an embedding tells apart, 20 labelled rows, 20 that judge, and that embedding."""
    truth = np.arange(documents) % 2
    targets = np.eye(2, dtype=np.float32)[truth]
    training, validation = np.arange(documents) < 20, (np.arange(documents) >= 20) & (np.arange(documents) < 40)
    geometry = (targets @ rng.normal(size=(2, 16)) + 0.3 * rng.normal(size=(documents, 16))).astype(np.float32)
    rest = ~(training | validation)
    even, domains = np.full((documents, 2), 0.5, np.float32), np.array(["one"] * documents)
    return GraphTask(targets, training, validation, rest, domains, even, False), geometry


def without_entities(documents: int) -> HeteroData:
    """Return documents alone."""
    data = HeteroData()
    data["document"].num_nodes, data["entity"].num_nodes = documents, 0
    return data
