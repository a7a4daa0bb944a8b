"""The processes of one run, as ``torchrun`` starts them: who is first, and what all agree on; usually there is one."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from cdkd_kg.errors import ConfigError, ProcessLostError

if TYPE_CHECKING:
    from torch import Tensor

PATIENCE = timedelta(days=7)
"""So long a process waits for another: the first may be busy for hours with a stage that the others wait for."""
_LOST = ("gloo", "Connection closed by peer", "Connection reset by peer", "Broken pipe", "NCCL")
"""What errors say that come of another process's end; gloo's have no class of their own."""


def world_size() -> int:
    """Return how many processes there are."""
    return int(os.environ["WORLD_SIZE"]) if "LOCAL_RANK" in os.environ else 1


def rank() -> int:
    """Return the number of this process, from 0."""
    return int(os.environ["RANK"]) if "LOCAL_RANK" in os.environ else 0


def is_first() -> bool:
    """Say whether this process is the one that writes results and prints."""
    return rank() == 0


def join() -> None:
    """Meet the other processes, once; alone there is nobody to meet.

    Tensors on the processor go by gloo, those on GPUs by NCCL.

    Raises:
        ConfigError: there are fewer GPUs on this machine than processes.
    """
    if world_size() == 1:
        return
    import torch
    from torch import distributed

    if distributed.is_initialized():
        return
    gpus, here = torch.cuda.device_count(), int(os.environ.get("LOCAL_WORLD_SIZE", world_size()))
    if 0 < gpus < here:
        raise ConfigError(
            f"{here} processes do not go into {gpus} GPU",
            why="each trains on a GPU of its own",
            remedy=f"start {gpus}, or hide the GPUs (CUDA_VISIBLE_DEVICES=) to train on the processor",
        )
    with noticing_loss():
        distributed.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", timeout=PATIENCE)
    atexit.register(_leave)


def _leave() -> None:
    """End the threads of the group before Python does, which now and then aborts a process that is done."""
    from torch import distributed

    if distributed.is_initialized():
        distributed.destroy_process_group()


def from_first(number: int) -> int:
    """Return the number that the first process gave; all must ask."""
    if world_size() == 1:
        return number
    import torch
    from torch import distributed

    join()
    given = torch.tensor(number)
    with noticing_loss():
        distributed.broadcast(given, 0)
    return int(given)


def barrier() -> None:
    """Wait until all processes are here."""
    if world_size() == 1:
        return
    import torch
    from torch import distributed

    join()
    with noticing_loss():
        distributed.all_reduce(torch.zeros(1))


def of_all(content: bytes) -> list[bytes]:
    """Return what every process gave, in their order; all must ask."""
    if world_size() == 1:
        return [content]
    import torch

    join()
    given = torch.tensor(list(content), dtype=torch.uint8)
    return [bytes(part.tolist()) for part in parts_of_all(given)]


def parts_of_all(part: Tensor) -> list[Tensor]:
    """Return the tensor of every process, without gradient, in their order; all must ask.

    The first dimension is each process's own; the others are filled up with zeros to the longest.
    """
    if world_size() == 1:
        return [part]
    import torch
    from torch import distributed
    from torch.nn import functional as F

    sizes = [torch.zeros(part.dim(), dtype=torch.int64) for _ in range(world_size())]
    with noticing_loss():
        distributed.all_gather(sizes, torch.tensor(part.shape))
        longest = torch.stack(sizes).amax(dim=0).tolist()
        missing = [side for have, want in zip(part.shape, longest, strict=True) for side in (want - have, 0)]
        filled = F.pad(part.detach(), missing[::-1]).contiguous()
        found = [torch.empty_like(filled) for _ in sizes]
        distributed.all_gather(found, filled)
    return [other[: int(size[0])] for other, size in zip(found, sizes, strict=True)]


@contextmanager
def first_then_rest() -> Iterator[None]:
    """Let the first process through the block before the others, so that they find what it fetched or made.

    Where the block fails for the first, the others do not enter it.
    """
    if not is_first():
        barrier()
    yield
    if is_first():
        barrier()


@contextmanager
def noticing_loss() -> Iterator[None]:
    """Say in plain words that another process ended.

    Raises:
        ProcessLostError: it did, and what this one waited for will not come.
    """
    try:
        yield
    except RuntimeError as error:
        if world_size() == 1 or not any(sign in str(error) for sign in _LOST):
            raise
        raise ProcessLostError(
            "another process of this run ended",
            where=f"process {rank()} of {world_size()} waited for it",
            why="it met an error, which it told, or it was killed, by hand or for memory; "
            + str(error).partition("\n")[0][:200],
            remedy="run the same command again; it goes on from the last whole checkpoint",
        ) from error


def started_as(arguments: Sequence[str]) -> list[str]:
    """Return the words of a command line that starts ``cdkd`` as it was started, on one machine."""
    several = ["torchrun", "--standalone", "--nproc_per_node", str(world_size()), "-m", "cdkd_kg"]
    return [*(several if world_size() > 1 else ["cdkd"]), *arguments]


def need_one(what: str, where: str = "") -> None:
    """Refuse several processes for what is done by one.

    Raises:
        ConfigError: there are several.
    """
    if world_size() > 1:
        raise ConfigError(
            f"{what} is for one process, and there are {world_size()}", where=where, remedy="start it without torchrun"
        )
