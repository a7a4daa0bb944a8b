"""The parameter-matched control: a network of the same size that sees no edge."""

from __future__ import annotations

from torch import Tensor, nn

from cdkd_kg.teachers.adjacency import Relations


class MLPLayer(nn.Module):
    r"""A layer of as many parameters as an R-GCN layer, spent on the node itself.

    .. math:: h' = U \operatorname{ReLU}(W h + b) + c

    What a graph network gains over it is gained by edges and not by size.

    Args:
        width: features of a node coming in and going out.
        parameters: about so many.

    Source: Galke & Scherp, Bag-of-Words vs. Graph vs. Sequence in Text Classification, ACL 2022.
    """

    def __init__(self, width: int, parameters: int) -> None:
        super().__init__()
        inner = max(1, round((parameters - width) / (2 * width + 1)))
        self.network = nn.Sequential(nn.Linear(width, inner), nn.ReLU(), nn.Linear(inner, width))

    def forward(self, nodes: Tensor, relations: Relations) -> Tensor:
        """Return the new features of every node; ``relations`` are not looked at."""
        del relations
        result: Tensor = self.network(nodes)
        return result
