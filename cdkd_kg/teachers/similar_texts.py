"""Similar-text edges: each document and its nearest neighbours in one encoder's geometry."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

ROWS = 1024


def similar_texts(embeddings: NDArray[np.floating], k: int) -> tuple[Tensor, Tensor]:
    """Return the edges to the ``k`` nearest documents by cosine, both ways, without repeats.

    Args:
        embeddings: ``[N, H]``; a row of zeros has no neighbour.
        k: neighbours of each document; fewer where there are fewer documents.

    Returns:
        ``edge_index`` ``[2, E]`` of int64, sorted, and ``edge_weight`` ``[E]``: the cosine, in (0, 1].
    """
    count = len(embeddings)
    k = min(k, count - 1)
    if k < 1:
        return torch.empty(2, 0, dtype=torch.long), torch.empty(0)
    unit = torch.nn.functional.normalize(torch.from_numpy(np.asarray(embeddings, dtype=np.float32)), dim=1)
    weights: dict[tuple[int, int], float] = {}
    for begin in range(0, count, ROWS):
        cosines = unit[begin : begin + ROWS] @ unit.T
        cosines[torch.arange(len(cosines)), torch.arange(begin, begin + len(cosines))] = -1.0
        values, neighbours = cosines.topk(k, dim=1)
        for row, (near, cosine) in enumerate(zip(neighbours.tolist(), values.tolist(), strict=True), start=begin):
            for other, value in zip(near, cosine, strict=True):
                if value > 0:
                    weights[row, other] = weights[other, row] = min(value, 1.0)
    pairs = sorted(weights)
    if not pairs:
        return torch.empty(2, 0, dtype=torch.long), torch.empty(0)
    return torch.tensor(pairs).T.contiguous(), torch.tensor([weights[pair] for pair in pairs])
