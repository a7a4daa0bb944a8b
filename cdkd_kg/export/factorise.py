"""Thinner words: the matrix of word embeddings as a product of two, which is nearest where words are frequent."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from transformers import PreTrainedModel

from cdkd_kg.errors import ConfigError


def factorise(model: PreTrainedModel, counts: Sequence[int], rank: int) -> nn.Sequential:
    r"""Put the best product of rank r in the place of a model's word embeddings E, and return its two factors.

    .. math:: \min_{A, B} \sum_v f_v \, \lVert E_v - A_v B \rVert^2, \quad A \in R^{V \times r}, B \in R^{r \times H}

    with the frequency :math:`f_v`, one more than the count, of token v: the singular value decomposition of
    :math:`\sqrt{f} \, E`, its rows divided by :math:`\sqrt{f}` again. The model keeps :math:`A B`, so that it loads
    like any other and answers as the factors do.

    Args:
        model: whose embeddings are changed, in place.
        counts: how often each token occurs in training texts, by id.
        rank: r, less than the width H.

    Returns:
        A look-up in A and the product with B, which can stand in the place of the embeddings.

    Raises:
        ConfigError: the rank is not less than the width, so nothing would be saved.

    Source: Chen et al., GroupReduce: Block-Wise Low-Rank Approximation for Neural Language Model Shrinking,
    NeurIPS 2018, section 3.1.
    """
    embeddings = model.get_input_embeddings()
    words, width = embeddings.weight.shape
    if rank * (words + width) >= words * width:
        raise ConfigError(
            f"rank {rank} saves nothing of {words:,} x {width} embeddings",
            where="--embedding-rank",
            remedy=f"give at most {(words * width - 1) // (words + width)}",
        )
    weight = embeddings.weight.detach().double()
    scale = (torch.tensor(counts, dtype=torch.float64)[:words] + 1).sqrt().unsqueeze(1)
    left, singular, right = torch.linalg.svd(scale * weight, full_matrices=False)
    rows, columns = left[:, :rank] * singular[:rank] / scale, right[:rank]
    thin, wide = nn.Embedding(words, rank), nn.Linear(rank, width, bias=False)
    with torch.no_grad():
        thin.weight.copy_(rows)
        wide.weight.copy_(columns.T)
        embeddings.weight.copy_(rows @ columns)
    return nn.Sequential(thin, wide)
