"""A linear classifier on what the knowledge says of a document's entities."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch_geometric.data import HeteroData

from cdkd_kg.graph.tensors import DOCUMENT, ENTITY, MENTIONS
from cdkd_kg.teachers.adjacency import scipy_sparse, typed_edges
from cdkd_kg.teachers.graph import Expert, GraphTask
from cdkd_kg.teachers.probe import best_linear

HOPS = (1, 2, 4, 8)
DECAY = 0.7
TRIED = 4
"""So many predicates are tried, those of most edges."""
Floats = NDArray[np.float64]


def sgc_expert(data: HeteroData, entities: NDArray[np.float32], task: GraphTask) -> Expert:
    r"""Fit a linear classifier on entity vectors that were passed along edges of knowledge to the documents.

    .. math:: X = \sum_{k=0}^{K} \gamma^k M A_P^k V, \qquad A_P = \sum_{p \in P} A_p, \qquad \gamma = 0.7

    with the weighted mentions M ``[N, E]``, the vectors V ``[E, H]`` of entities, and the edges :math:`A_p` of
    predicates in the direction in which they are said: a disease has what its kinds are, and these have not what it
    is. Two texts that share no entity are alike where their entities are of one kind. Source validation chooses P, one
    predicate after the other as long as it gains, K of 0, 1, 2, 4 and 8, and the penalty; so knowledge that does not
    help stays out.

    Args:
        data: the graph; edges between documents are not used.
        entities: ``[E, H]`` from the encoder of the text teacher.
        task: labels and masks.

    Source: Wu et al., Simplifying Graph Convolutional Networks, ICML 2019.
    """
    edges = {kind: (index, weight) for kind, index, weight in typed_edges(data)}
    shape = data[DOCUMENT].num_nodes, data[ENTITY].num_nodes
    mentions = scipy_sparse(*edges.get(MENTIONS, (torch.empty((2, 0), dtype=torch.long), torch.empty(0))), shape)
    centred = entities.astype(np.float64) - (entities.mean(axis=0) if len(entities) else 0.0)
    best, notes = best_linear(mentions @ centred, task), {"hops": 0, "predicates": list[str]()}
    relations = {
        kind[1]: scipy_sparse(*pair, (shape[1], shape[1]))
        for kind, pair in edges.items()
        if kind[0] == kind[2] == ENTITY
    }
    open_ones = sorted(relations, key=lambda name: (-relations[name].nnz, name))[:TRIED]
    chosen: list[str] = []
    while True:
        step = sum((relations[name] for name in chosen), csr_array((shape[1], shape[1])))
        tries = [
            (best_linear(features, task), hops, name)
            for name in open_ones
            for hops, features in _passed(mentions, step + relations[name], centred)
        ]
        found = max(tries, key=lambda one: one[0].score, default=None)
        if found is None or found[0].score <= best.score:
            return Expert(best.logits, notes | {"penalty": best.penalty})
        best, hops, name = found
        chosen.append(name)
        open_ones.remove(name)
        notes = {"hops": hops, "predicates": list(chosen)}


def _passed(mentions: csr_array, step: csr_array, vectors: Floats) -> Iterator[tuple[int, Floats]]:
    total, carried = mentions @ vectors, vectors
    for hop in range(1, max(HOPS) + 1):
        carried = DECAY * (step @ carried)
        total = total + mentions @ carried
        if hop in HOPS:
            yield hop, total
