"""A linear classifier on the entities of a document and on what the knowledge says of them."""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor
from torch_geometric.data import HeteroData

from cdkd_kg.graph.tensors import DOCUMENT, ENTITY, MENTIONS
from cdkd_kg.teachers.adjacency import typed_edges
from cdkd_kg.teachers.calibration import log_likelihood
from cdkd_kg.teachers.graph import Expert, GraphTask
from cdkd_kg.teachers.probe import PENALTIES, SCALE, fit_linear

HOPS = (0, 1, 2, 4, 8)
DECAY = 0.7


def sgc_expert(data: HeteroData, task: GraphTask) -> Expert:
    r"""Fit a linear classifier on entities that were passed along the edges of knowledge.

    .. math:: X_K = \operatorname{norm}\Big(\sum_{k=0}^{K} \gamma^k M A^k\Big), \qquad \gamma = 0.7

    with the weighted mentions M ``[N, E]`` and the edges A ``[E, E]`` between entities, each as often as it is said, in
    the direction in which it is said: a disease gives to its kinds and not they to it. Two texts that share no entity
    are alike where their entities have a kind in common. Source validation chooses K, of 0, 1, 2, 4 and 8, and the
    penalty.

    Args:
        data: the graph; edges between documents are not used.
        task: labels and masks.

    Source: Wu et al., Simplifying Graph Convolutional Networks, ICML 2019, with sums of powers as in Rossi et al.,
    SIGN: Scalable Inception Graph Neural Networks, 2020.
    """
    targets, known = torch.from_numpy(task.targets).double(), torch.from_numpy(task.training)
    judged = task.validation if task.validation.any() else task.training
    best: tuple[float, Expert] | None = None
    for hops, features in zip(HOPS, _features(data), strict=True):
        shown = features[task.training]
        used = np.flatnonzero(np.asarray((shown != 0).sum(axis=0)).ravel())
        everyone = _tensor(features[:, used])
        for penalty in PENALTIES:
            weights, bias = fit_linear(everyone[known], targets[known], penalty, task.multi_label)
            logits = (everyone @ weights + bias).numpy().astype(np.float32)
            score = log_likelihood(logits[judged], task.targets[judged], task.multi_label)
            if best is None or score > best[0]:
                best = score, Expert(logits, {"hops": hops, "penalty": penalty})
    assert best is not None  # noqa: S101 - there are hops and penalties
    return best[1]


def _features(data: HeteroData) -> list[csr_array]:
    """Return the features of each number of hops."""
    edges = {kind: (index.numpy(), weight.numpy()) for kind, index, weight in typed_edges(data)}
    documents, entities = data[DOCUMENT].num_nodes, data[ENTITY].num_nodes
    step = csr_array((entities, entities), dtype=np.float64)
    for kind, (index, weight) in edges.items():
        if kind[0] == kind[2] == ENTITY:
            step = step + csr_array((weight, (index[0], index[1])), shape=step.shape)
    index, weight = edges.get(MENTIONS, (np.empty((2, 0), dtype=np.int64), np.empty(0)))
    reached = csr_array((weight, (index[0], index[1])), shape=(documents, entities), dtype=np.float64)
    total, found = reached, {0: _normalised(reached)}
    for hop in range(1, max(HOPS) + 1):
        reached = DECAY * (reached @ step)
        total = total + reached
        if hop in HOPS:
            found[hop] = _normalised(total)
    return [found[hop] for hop in HOPS]


def _normalised(matrix: csr_array) -> csr_array:
    norms = np.sqrt(np.asarray((matrix * matrix).sum(axis=1)).ravel())
    scale = np.divide(SCALE, norms, out=np.zeros_like(norms), where=norms > 0)
    return csr_array(matrix * scale[:, None])


def _tensor(matrix: csr_array) -> Tensor:
    return torch.from_numpy(matrix.toarray())
