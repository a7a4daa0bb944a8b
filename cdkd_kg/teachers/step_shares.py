"""What part of an optimiser step each of its batches is, where gradients are accumulated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from cdkd_kg.processes import parts_of_all

SHARES = "shares of the step"
"""With spaces, so that no input of a model is called so."""
_LEAST = 1e-12


def shares_of(sizes: Tensor, batches: int | None = None) -> Tensor:
    r"""Return what the mean of each batch is multiplied by, so that their mean is that of the whole step.

    With :math:`n_b` of what a mean is over (rows, say, or labelled rows, or weight) in batch b of the k batches of a
    step, the mean over all of it is

    .. math:: \frac{\sum_b n_b m_b}{\sum_b n_b} = \frac{1}{k} \sum_b s_b m_b, \qquad s_b = \frac{k \, n_b}{\sum_b n_b}

    and the Trainer itself divides by k. A batch with nothing of it has share 0.

    Args:
        sizes: ``[k, S]`` of this process, of S things that means are over; those of all processes are added up, and all
            must ask.
        batches: k, where ``sizes`` lacks those that have nothing.
    """
    sizes = torch.stack(parts_of_all(sizes)).sum(dim=0)
    mean = sizes.sum(dim=0) / (len(sizes) if batches is None else batches)
    return sizes / mean.clamp_min(_LEAST)


def tell_shares(batches: Iterable[dict[str, Any]], shares: Tensor) -> None:
    """Put the row of each batch in ``shares`` (``[k, S]``) among its inputs."""
    for batch, mine in zip(batches, shares, strict=True):
        batch[SHARES] = mine


def own_sizes(inputs: Sequence[dict[str, Any]], own: Sequence[int | None]) -> Tensor:
    """Return how many rows of each batch are this process's, ``[k, 1]``; None is all."""
    rows = [len(batch["input_ids"]) if mine is None else mine for batch, mine in zip(inputs, own, strict=True)]
    return torch.tensor(rows, dtype=torch.float32, device=inputs[0]["input_ids"].device)[:, None]
