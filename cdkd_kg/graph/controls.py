"""Graphs that a gain must be held against: the same shape without the knowledge, and no knowledge at all."""

from __future__ import annotations

from collections.abc import Container

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import HeteroData

from cdkd_kg.graph.tensors import DOCUMENT, ENTITY, MENTIONS


def shuffled(data: HeteroData, seed: int) -> HeteroData:
    """Return the graph with its knowledge shuffled: same degrees, same structure, wrong ties.

    The entities of mention edges are permuted over these edges, so every document and every entity keeps its
    degree. In all edges between entities each entity is replaced by another one, the same in every edge type,
    so the knowledge keeps its shape but speaks of the wrong entities. Each permutation is one cycle, so that
    nothing stays in its place. Edges between documents stay.

    Args:
        data: as :func:`~cdkd_kg.graph.tensors.to_tensors` returns it; it is not changed.
        seed: of the permutations.
    """
    random = np.random.default_rng(seed)
    result = data.clone()
    nodes = torch.from_numpy(_cycle(data[ENTITY].num_nodes, random))
    for kind in sorted(data.edge_types):
        index = data[kind].edge_index
        if kind == MENTIONS:
            targets = index[1][torch.from_numpy(_cycle(index.shape[1], random))]
            _set_sorted(result, kind, torch.stack([index[0], targets]), data[kind].edge_weight)
        elif kind[0] == kind[2] == ENTITY:
            _set_sorted(result, kind, nodes[index], data[kind].edge_weight)
    return result


def relations_shuffled(data: HeteroData, seed: int) -> HeteroData:
    """Return the graph with the types of edges between entities permuted over these edges.

    Every pair of entities that was tied stays tied, and every type keeps its number of edges; what the tie means is
    lost. Where there is one type only, nothing changes.
    """
    result, random = data.clone(), np.random.default_rng(seed)
    kinds = [kind for kind in sorted(data.edge_types) if kind[0] == kind[2] == ENTITY]
    if not kinds:
        return result
    index = torch.cat([data[kind].edge_index for kind in kinds], dim=1)
    weight = torch.cat([data[kind].edge_weight for kind in kinds])
    order = torch.from_numpy(random.permutation(index.shape[1]))
    sizes = [data[kind].edge_index.shape[1] for kind in kinds]
    for kind, part in zip(kinds, torch.split(order, sizes), strict=True):
        _set_sorted(result, kind, index[:, part], weight[part])
    return result


def dropped(data: HeteroData, share: float, seed: int) -> HeteroData:
    """Return the graph without a ``share`` of its edges of knowledge: mentions, and those between entities.

    The edges that go are drawn by one order a seed, so that a graph with more dropped is part of one with fewer.
    Edges between documents stay.
    """
    result, random = data.clone(), np.random.default_rng(seed)
    for kind in sorted(data.edge_types):
        if ENTITY in kind:
            index = data[kind].edge_index
            kept = torch.from_numpy(random.random(index.shape[1]) >= share)
            result[kind].edge_index, result[kind].edge_weight = index[:, kept], data[kind].edge_weight[kept]
    return result


def only(data: HeteroData, families: Container[str]) -> HeteroData:
    """Return the graph with the edge types of these names alone; nodes stay."""
    result = data.clone()
    for kind in sorted(data.edge_types):
        if kind[1] not in families:
            del result[kind]
    return result


def without_ontology(data: HeteroData) -> HeteroData:
    """Return the graph with mentions and edges between documents, and no edge between entities."""
    return only(data, {kind[1] for kind in data.edge_types if DOCUMENT in kind})


def without_knowledge(data: HeteroData) -> HeteroData:
    """Return the same documents, no entity, no edge."""
    result = HeteroData()
    result[DOCUMENT].ids, result[DOCUMENT].num_nodes = list(data[DOCUMENT].ids), data[DOCUMENT].num_nodes
    result[ENTITY].ids, result[ENTITY].label, result[ENTITY].num_nodes = [], [], 0
    return result


def _cycle(size: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return a random permutation of one cycle: from two on, it moves everything."""
    order = random.permutation(size)
    permutation = np.empty(size, dtype=np.int64)
    permutation[order] = np.roll(order, -1)
    return permutation


def _set_sorted(data: HeteroData, kind: tuple[str, str, str], index: Tensor, weight: Tensor) -> None:
    order = torch.from_numpy(np.lexsort((index[1].numpy(), index[0].numpy())))
    data[kind].edge_index, data[kind].edge_weight = index[:, order], weight[order]
