"""Sparse matrices of a ``HeteroData``: what both graph teachers multiply by."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import torch
from scipy.sparse import csr_array
from torch import Tensor
from torch_geometric.data import HeteroData

from cdkd_kg.graph.tensors import DOCUMENT, ENTITY

SIMILAR = (DOCUMENT, "similar", DOCUMENT)
BOTH_WAYS = frozenset({"similar", "comention", "related", "exactMatch"})
"""Edge types that say the same read backwards, so that they are one relation and not two."""


def sparse(edge_index: Tensor, edge_weight: Tensor, shape: tuple[int, int]) -> Tensor:
    """Return the sparse CSR ``[rows, columns]`` matrix of weighted edges, each row divided by its sum.

    ``edge_index`` holds (row, column) pairs; repeated pairs add up; a row without an edge stays zero.
    """
    matrix = torch.sparse_coo_tensor(edge_index, edge_weight.float(), shape, check_invariants=False).coalesce()
    sums = torch.zeros(shape[0]).index_add_(0, matrix.indices()[0], matrix.values())
    values = matrix.values() / sums.clamp_min(1e-12)[matrix.indices()[0]]
    return _csr(torch.sparse_coo_tensor(matrix.indices(), values, shape, is_coalesced=True, check_invariants=False))


def scipy_sparse(edge_index: Tensor, edge_weight: Tensor, shape: tuple[int, int]) -> csr_array:
    """Return weighted edges as a SciPy matrix of float64, nothing divided; repeated pairs add up."""
    return csr_array((edge_weight.double().numpy(), tuple(edge_index.numpy())), shape=shape)


def typed_edges(data: HeteroData) -> list[tuple[tuple[str, str, str], Tensor, Tensor]]:
    """Return (type, edge_index, edge_weight) of every edge type that has an edge, sorted by type."""
    found = []
    for kind in sorted(data.edge_types):
        store = data[kind]
        if store.edge_index.shape[1]:
            weight = store.get("edge_weight")
            found.append((kind, store.edge_index, torch.ones(store.edge_index.shape[1]) if weight is None else weight))
    return found


class Edges(NamedTuple):
    """E typed edges, each ``[E]``: who receives, who sends, which relation, and a weight."""

    receiver: Tensor
    sender: Tensor
    relation: Tensor
    weight: Tensor


@dataclass(frozen=True)
class Relations:
    """All typed edges of a graph as two sparse matrices over pairs (relation, receiving node).

    Attributes:
        names: R relations; ``x^-1`` is ``x`` the other way round.
        sizes: pairs of each relation; they sum to P.
        gather: ``[P, V]``; a pair's row holds the weights of the node's neighbours in the relation, summing to 1.
        scatter: ``[V, P]`` of ones; adds the pairs of each node.
        documents: so many of the V nodes, the first ones, are documents; the others are entities.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    gather: SparseMatrix
    scatter: SparseMatrix
    documents: int

    @classmethod
    def of(cls, data: HeteroData) -> Relations:
        """Return the relations of a graph, documents numbered first, then entities; both ways where that differs."""
        documents = data[DOCUMENT].num_nodes
        offsets = {DOCUMENT: 0, ENTITY: documents}
        edges = {}
        for (head, name, tail), index, weight in typed_edges(data):
            shifted = torch.stack([index[0] + offsets[head], index[1] + offsets[tail]])
            if name in BOTH_WAYS:
                edges[name] = torch.cat([shifted, shifted.flip(0)], dim=1), torch.cat([weight, weight])
            else:
                edges[name], edges[f"{name}^-1"] = (shifted, weight), (shifted.flip(0), weight)
        return cls.from_edges(edges, documents + data[ENTITY].num_nodes, documents)

    @classmethod
    def from_edges(cls, edges: dict[str, tuple[Tensor, Tensor]], nodes: int, documents: int | None = None) -> Relations:
        """Return the relations of (receiver, sender) pairs and weights by name."""
        names = sorted(edges)
        sizes: list[int] = []
        receivers, rows, columns, weights = [], [], [], []
        for name in names:
            (receiver, sender), weight = edges[name]
            distinct, place = torch.unique(receiver, return_inverse=True)
            rows.append(place + sum(sizes))
            columns.append(sender)
            weights.append(weight)
            receivers.append(distinct)
            sizes.append(len(distinct))
        pairs = sum(sizes)
        index = torch.stack([_joined(rows), _joined(columns)])
        back = torch.stack([_joined(receivers), torch.arange(pairs)])
        ones = _csr(torch.sparse_coo_tensor(back, torch.ones(pairs), (nodes, pairs), check_invariants=False).coalesce())
        gather = SparseMatrix.of(sparse(index, torch.cat([torch.empty(0), *weights]), (pairs, nodes)))
        return cls(tuple(names), tuple(sizes), gather, SparseMatrix.of(ones), nodes if documents is None else documents)

    @property
    def nodes(self) -> int:
        """V."""
        return int(self.scatter.matrix.shape[0])

    @cached_property
    def edges(self) -> Edges:
        """The edges one by one; the weights are those of ``gather``."""
        pair, sender = self.gather.matrix.to_sparse_coo().indices()  # type: ignore[no-untyped-call]
        receivers = self.scatter.transposed.col_indices()
        relation = torch.repeat_interleave(torch.arange(len(self.sizes)), torch.tensor(self.sizes, dtype=torch.long))
        return Edges(receivers[pair], sender, relation[pair], self.gather.matrix.values())

    @cached_property
    def merged(self) -> SparseMatrix:
        """``[V, V]``: all relations as one; a row sums to 1 where its node has an edge."""
        edges = self.edges
        return SparseMatrix.of(
            sparse(torch.stack([edges.receiver, edges.sender]), edges.weight, (self.nodes, self.nodes))
        )


@dataclass(frozen=True)
class SparseMatrix:
    """A constant sparse matrix with its transpose at hand, so that gradients cost one product and no conversion."""

    matrix: Tensor
    transposed: Tensor

    @classmethod
    def of(cls, matrix: Tensor) -> SparseMatrix:
        """Return a CSR matrix together with its transpose."""
        return cls(matrix, _csr(matrix.to_sparse_coo().t().coalesce()))  # type: ignore[no-untyped-call]

    def __matmul__(self, dense: Tensor) -> Tensor:
        product: Tensor = _Product.apply(self.matrix, self.transposed, dense)  # type: ignore[no-untyped-call]
        return product


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, matrix: Tensor, transposed: Tensor, dense: Tensor) -> Tensor:
        ctx.transposed = transposed
        return matrix @ dense

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, Tensor]:
        return None, None, ctx.transposed @ gradients[0]


def _joined(parts: list[Tensor]) -> Tensor:
    return torch.cat([torch.empty(0, dtype=torch.long), *parts])


def _csr(matrix: Tensor) -> Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
        return matrix.to_sparse_csr()
