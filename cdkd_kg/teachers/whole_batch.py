"""The batch of all processes in each of them, so that a loss is that of one process over the whole batch."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import Parameter

from cdkd_kg.processes import parts_of_all, rank, world_size


def whole(part: Tensor, rows: int) -> Tensor:
    r"""Return the rows of all processes, in their order, of which this one gives its first ``rows``.

    Every process computes the same loss L of the whole batch, and its gradient goes back through its own rows alone, W
    times, with W processes, as it is averaged over them afterwards (DDP, FSDP):

    .. math:: \frac{1}{W} \sum_{r=1}^{W} W \frac{\partial L}{\partial h_r} \frac{\partial h_r}{\partial \theta}
        = \frac{\partial L}{\partial \theta}

    which is the gradient of one process. What is trained in the loss itself (projections) gets its gradient in every
    process. All processes must ask; in one, the part is the whole.

    Shapes: ``part`` is ``[B, ...]``; the whole is ``[sum of rows, ...]``, its other dimensions filled up with zeros to
    the longest of any process, as texts are padded.

    Source: for losses over the pairs of all processes, Radford et al., Learning Transferable Visual Models From
    Natural Language Supervision, ICML 2021.
    """
    if world_size() == 1:
        return part
    mine = part[:rows]
    parts = parts_of_all(mine)
    if part.requires_grad:
        grown = [side for have, want in zip(mine.shape, parts[rank()].shape, strict=True) for side in (want - have, 0)]
        live = torch.nn.functional.pad(mine, grown[::-1])
        live.register_hook(lambda gradient: gradient * world_size())  # type: ignore[no-untyped-call]
        parts[rank()] = live
    return torch.cat(parts)


def average_gradients(parameters: Iterable[Parameter]) -> None:
    """Put the mean of all processes' gradients in the place of each one's; all must ask for as many."""
    if world_size() > 1:
        for parameter in parameters:
            if parameter.grad is not None:
                torch.distributed.all_reduce(parameter.grad)
                parameter.grad /= world_size()


def own_rows(process: int, size: int, rest: int) -> int:
    """Return how many rows of the last batch are a process's own; others fill it up, so that all have as many.

    Args:
        process: its number.
        size: rows of a process in a full batch.
        rest: rows of the last batch, of all processes; they come first.

    Example:
        >>> [own_rows(process, 8, 11) for process in range(3)]
        [8, 3, 0]
    """
    return min(size, max(0, rest - process * size))
