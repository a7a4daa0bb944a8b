"""What every graph encoder is: from features of nodes and typed edges to new features of the same width."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cdkd_kg.teachers.adjacency import Relations


class Encoder(nn.Module):
    r"""A stack of graph layers, each of :math:`\operatorname{ReLU}(\operatorname{layer}(\operatorname{dropout}(h)))`.

    Shapes: ``forward`` takes ``[V, H]`` and gives ``[V, H]``. The relations it is called with have the names that it
    was made for, in the same order; so a subgraph will do.
    """

    def __init__(self, layers: Sequence[nn.Module], dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.dropout = nn.Dropout(dropout)

    def forward(self, nodes: Tensor, relations: Relations) -> Tensor:
        """Return the new features of every node."""
        for layer in self.layers:
            nodes = torch.relu(layer(self.dropout(nodes), relations))
        return nodes


class RelationalLayer(nn.Module, ABC):
    r"""A layer that adds to each node what its neighbours in each relation send.

    .. math:: h'_v = W_0 h_v + b + \sum_r M_r\Big(\sum_{u \in N_r(v)} a_{vu}^r h_u\Big)

    where :math:`a^r` are edge weights that sum to 1 over the neighbours of a node in a relation. Neighbours are summed
    before :math:`M_r`, which is linear, so the cost is that of the edges plus one product a pair of relation and
    receiving node.

    Args:
        inputs: features of a node coming in.
        outputs: features of a node going out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.root = nn.Linear(inputs, outputs)

    def forward(self, nodes: Tensor, relations: Relations) -> Tensor:
        """Return the new features of every node, ``[V, outputs]``."""
        result: Tensor = self.root(nodes)
        if not relations.names:
            return result
        received = torch.split(relations.gather @ nodes, list(relations.sizes))
        return result + relations.scatter @ torch.cat(self.sent(received))

    @abstractmethod
    def sent(self, received: tuple[Tensor, ...]) -> list[Tensor]:
        """Return :math:`M_r` of what the nodes of each relation received, ``[P_r, inputs]`` to ``[P_r, outputs]``."""
