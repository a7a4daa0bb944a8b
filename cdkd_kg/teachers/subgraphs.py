"""Subgraphs around documents, cut with plain tensor operations: what a graph that is too large is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from cdkd_kg.teachers.adjacency import Relations


@dataclass(frozen=True)
class Subgraph:
    """A part of a graph.

    Attributes:
        nodes: ``[S]``, its nodes by their places in the whole, sorted, so that documents come first here too.
        seeds: ``[B]``, where among these the documents are that it was cut around.
        relations: the edges between its nodes, under the names of the whole.
    """

    nodes: Tensor
    seeds: Tensor
    relations: Relations


def whole_graph(relations: Relations, seeds: Tensor) -> Subgraph:
    """Return the whole graph as the subgraph around some of its nodes."""
    return Subgraph(torch.arange(relations.nodes), seeds, relations)


class Subgraphs:
    r"""Cuts the neighbourhood of some nodes out of a graph, hop by hop.

    From each node at most ``fanout`` of its incoming edges, whatever their relation, are followed, drawn without
    replacement. Weights are scaled to sum to 1 in each relation, so what a node receives is a mean over a sample of
    what it would receive.

    Args:
        relations: the whole graph.
        fanout: edges followed from a node.
        hops: how far, as many as the encoder has layers.

    Source: Hamilton et al., Inductive Representation Learning on Large Graphs, NeurIPS 2017.
    """

    def __init__(self, relations: Relations, fanout: int, hops: int) -> None:
        self._whole, self._fanout, self._hops = relations, fanout, hops
        order = torch.argsort(relations.edges.receiver, stable=True)
        self._edges = [column[order] for column in relations.edges]
        counts = torch.bincount(relations.edges.receiver, minlength=relations.nodes)
        self._begin = torch.cat([torch.zeros(1, dtype=torch.long), counts.cumsum(0)])

    def around(self, seeds: Tensor, generator: torch.Generator) -> Subgraph:
        """Return the subgraph around distinct nodes ``[B]``."""
        known = torch.zeros(self._whole.nodes, dtype=torch.bool)
        known[seeds] = True
        front, taken = seeds, []
        for _ in range(self._hops):
            edges = self._incoming(front, generator)
            taken.append(edges)
            senders = torch.unique(self._edges[1][edges])
            front = senders[~known[senders]]
            known[front] = True
        nodes = known.nonzero()[:, 0]
        place = torch.full((self._whole.nodes,), -1)
        place[nodes] = torch.arange(len(nodes))
        receiver, sender, relation, weight = (column[torch.cat(taken)] for column in self._edges)
        ends = torch.stack([place[receiver], place[sender]])
        typed = {
            name: (ends[:, relation == number], weight[relation == number])
            for number, name in enumerate(self._whole.names)
        }
        documents = int((nodes < self._whole.documents).sum())
        return Subgraph(nodes, place[seeds], Relations.from_edges(typed, len(nodes), documents))

    def batches(self, seeds: Tensor, size: int, generator: torch.Generator) -> Iterator[Subgraph]:
        """Yield subgraphs around so many of the nodes at a time, in the order given."""
        for start in range(0, len(seeds), size):
            yield self.around(seeds[start : start + size], generator)

    def _incoming(self, nodes: Tensor, generator: torch.Generator) -> Tensor:
        """Return the places of the edges that are followed from nodes."""
        begin, count = self._begin[nodes], self._begin[nodes + 1] - self._begin[nodes]
        owner = torch.repeat_interleave(torch.arange(len(nodes)), count)
        edges = torch.arange(int(count.sum())) - (count.cumsum(0) - count)[owner] + begin[owner]
        if not bool((count > self._fanout).any()):
            return edges
        drawn = torch.argsort(owner + torch.rand(len(edges), generator=generator, dtype=torch.double))
        rank = torch.arange(len(edges)) - (count.cumsum(0) - count)[owner]  # owners stay in order
        return edges[drawn][rank < self._fanout].sort().values
