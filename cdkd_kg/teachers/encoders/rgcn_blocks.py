"""R-GCN with block-diagonal decomposition."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cdkd_kg.teachers.encoders.encoder import RelationalLayer


class RGCNBlockLayer(RelationalLayer):
    r"""Relational graph convolution, :math:`M_r = W_r = \operatorname{diag}(Q_{r1}, \dots, Q_{rB})`.

    Each block has its own :math:`Q_{rb}`, ``[inputs / B, outputs / B]``, so a relation has B times fewer weights than
    a full matrix and shares none with others.

    Args:
        inputs: features of a node coming in; a multiple of ``blocks``.
        outputs: features of a node going out; a multiple of ``blocks``.
        relations: number of relations.
        blocks: B.

    Source: Schlichtkrull et al., Modeling Relational Data with Graph Convolutional Networks, ESWC 2018.
    """

    def __init__(self, inputs: int, outputs: int, relations: int, blocks: int) -> None:
        super().__init__(inputs, outputs)
        self.blocks = nn.Parameter(torch.empty(relations, blocks, inputs // blocks, outputs // blocks))
        if relations:
            nn.init.xavier_uniform_(self.blocks)

    def sent(self, received: tuple[Tensor, ...]) -> list[Tensor]:
        """Return :math:`W_r` times what was received, block by block."""
        split = [part.view(len(part), *self.blocks.shape[1:3]) for part in received]
        return [
            torch.einsum("pbi,bio->pbo", part, weight).flatten(1)
            for part, weight in zip(split, self.blocks, strict=True)
        ]
