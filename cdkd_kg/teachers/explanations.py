"""What in the graph moved an answer: entities that voted, and documents whose beliefs were passed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from cdkd_kg.config import GraphTeacherConfig
from cdkd_kg.graph.tensors import DOCUMENT, ENTITY, MENTIONS
from cdkd_kg.teachers.concepts import kinds_of, upwards
from cdkd_kg.teachers.propagation import families, propagate


def entity_votes(
    data: HeteroData, concepts: Sequence[Sequence[str]], labels: Sequence[str], document: int, most: int
) -> list[dict[str, Any]]:
    """Return the entities that a document mentions, the weightiest first, each with the labels that it votes for.

    Args:
        data: the graph.
        concepts: the IRIs of the concepts of each label.
        labels: the labels.
        document: the place of the document.
        most: so many entities.
    """
    if MENTIONS not in data.edge_types:
        return []
    index, weight = data[MENTIONS].edge_index, data[MENTIONS].edge_weight
    mine = index[0] == document
    near = kinds_of(upwards(data), concepts, data[ENTITY].ids)
    found = []
    for entity, share in sorted(zip(index[1][mine].tolist(), weight[mine].tolist(), strict=True), key=_by_weight)[
        :most
    ]:
        votes = {
            labels[label]: round(share * near[entity, label], 4) for label in np.flatnonzero(near[entity]).tolist()
        }
        about = {"entity": data[ENTITY].label[entity], "iri": data[ENTITY].ids[entity]}
        found.append(about | {"weight": round(share, 4), "votes": votes})
    return found


def document_influences(
    data: HeteroData, weights: Mapping[str, float], config: GraphTeacherConfig, document: int
) -> NDArray[np.float32]:
    r"""Return ``[N]`` how much each document counts in what was propagated to one of them.

    Propagation is linear in what it starts from, so its gradient is the whole explanation:

    .. math:: Z_{ic} = \sum_j a_{ij} Z^{(0)}_{jc}, \qquad a_{ij} = \frac{\partial Z_{ic}}{\partial Z^{(0)}_{jc}},
        \qquad \sum_j a_{ij} = 1

    Args:
        data: the graph with its similar-text edges.
        weights: of the edge families.
        config: how far beliefs are spread.
        document: the place i of the document.
    """
    start = torch.zeros(data[DOCUMENT].num_nodes, 1, requires_grad=True)
    spread = propagate(start, families(data), weights, config.propagation_alpha, config.propagation_steps)
    (gradient,) = torch.autograd.grad(spread[document, 0], start)
    return np.asarray(gradient[:, 0].numpy())


def _by_weight(edge: tuple[int, float]) -> tuple[float, int]:
    return -edge[1], edge[0]
