"""Sparse, row-normalised matrices of a ``HeteroData``: what both graph teachers multiply by."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import HeteroData

DOCUMENT, ENTITY = "document", "entity"
SIMILAR = (DOCUMENT, "similar", DOCUMENT)
MENTIONS = (DOCUMENT, "mentions", ENTITY)


def sparse(edge_index: Tensor, edge_weight: Tensor, shape: tuple[int, int]) -> Tensor:
    """Return the sparse ``[rows, columns]`` matrix of weighted edges, each row divided by its sum.

    ``edge_index`` holds (row, column) pairs; repeated pairs add up; a row without an edge stays zero.
    """
    matrix = torch.sparse_coo_tensor(edge_index, edge_weight.float(), shape, check_invariants=False).coalesce()
    sums = torch.zeros(shape[0]).index_add_(0, matrix.indices()[0], matrix.values())
    values = matrix.values() / sums.clamp_min(1e-12)[matrix.indices()[0]]
    return torch.sparse_coo_tensor(matrix.indices(), values, shape, is_coalesced=True, check_invariants=False)


def typed_edges(data: HeteroData) -> list[tuple[tuple[str, str, str], Tensor, Tensor]]:
    """Return (type, edge_index, edge_weight) of every edge type that has an edge, sorted by type."""
    found = []
    for kind in sorted(data.edge_types):
        store = data[kind]
        if store.edge_index.shape[1]:
            weight = store.get("edge_weight")
            found.append((kind, store.edge_index, torch.ones(store.edge_index.shape[1]) if weight is None else weight))
    return found


def relations(data: HeteroData) -> dict[str, Tensor]:
    """Return one ``[V, V]`` matrix a relation and direction over all nodes, documents first, then entities.

    Names are ``mentions``, ``mentions^-1`` and so on; a row receives from its columns.
    """
    offsets = {DOCUMENT: 0, ENTITY: data[DOCUMENT].num_nodes}
    total = data[DOCUMENT].num_nodes + data[ENTITY].num_nodes
    matrices = {}
    for (head, name, tail), index, weight in typed_edges(data):
        shifted = torch.stack([index[0] + offsets[head], index[1] + offsets[tail]])
        matrices[name] = sparse(shifted, weight, (total, total))
        matrices[f"{name}^-1"] = sparse(shifted.flip(0), weight, (total, total))
    return matrices
