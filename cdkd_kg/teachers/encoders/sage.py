"""GraphSAGE with weighted means: edges without types."""

from __future__ import annotations

from torch import Tensor, nn

from cdkd_kg.teachers.adjacency import Relations


class SAGELayer(nn.Module):
    r"""Mean of the neighbours beside the node itself.

    .. math:: h'_v = W_0 h_v + b + W_1 \sum_{u \in N(v)} a_{vu} h_u

    with edge weights a that sum to 1 over the neighbours of a node, whatever the relation. With equal weights this is
    :class:`torch_geometric.nn.SAGEConv`, which takes no weights.

    Args:
        inputs: features of a node coming in.
        outputs: features of a node going out.

    Shapes: nodes ``[V, inputs]``; the result is ``[V, outputs]``.

    Source: Hamilton et al., Inductive Representation Learning on Large Graphs, NeurIPS 2017.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.root = nn.Linear(inputs, outputs)
        self.neighbours = nn.Linear(inputs, outputs, bias=False)

    def forward(self, nodes: Tensor, relations: Relations) -> Tensor:
        """Return the new features of every node."""
        result: Tensor = self.root(nodes)
        return result + self.neighbours(relations.merged @ nodes) if relations.names else result
