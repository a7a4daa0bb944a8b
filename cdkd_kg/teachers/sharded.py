"""A model whose parameters lie in parts in several processes (FSDP), and the way from parts to the whole and back."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from transformers import PreTrainedModel

from cdkd_kg.processes import world_size


def shard(model: PreTrainedModel) -> None:
    """Leave each process its part of every parameter, in place; a layer is whole only while it runs.

    Source: Zhao et al., PyTorch FSDP: Experiences on Scaling Fully Sharded Data Parallel, VLDB 2023.
    """
    mesh = init_device_mesh(model.device.type, (world_size(),))
    for stack in [module for module in model.modules() if isinstance(module, nn.ModuleList)]:
        for layer in stack:
            fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)


def whole_value(value: Tensor) -> Tensor:
    """Return a tensor with the parts of all processes, which must all ask; one that is whole as it is."""
    return value.full_tensor() if isinstance(value, DTensor) else value


def parted(value: Tensor, like: Tensor) -> Tensor:
    """Return a whole tensor in parts as another of its shape is; all processes must ask."""
    if isinstance(like, DTensor) and value.shape == like.shape:
        return distribute_tensor(value.to(like.device), like.device_mesh, like.placements)
    return value


def whole_state(model: nn.Module) -> dict[str, Tensor]:
    """Return the state of a model, every tensor whole; all processes must ask."""
    return {name: whole_value(value) for name, value in model.state_dict().items()}


@torch.no_grad()
def take_state(model: nn.Module, state: dict[str, Tensor]) -> None:
    """Give a model, in parts or not, a whole state; all processes must ask."""
    for name, value in model.state_dict().items():
        value.copy_(parted(state[name], value))
