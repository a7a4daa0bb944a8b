"""The layers of a transformer, encoder or decoder, and how fast each is to learn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import nn
from torch.optim import Optimizer
from transformers import PreTrainedModel

from cdkd_kg.errors import ConfigError

COUNTS = ("num_hidden_layers", "encoder_layers", "decoder_layers", "num_layers", "num_decoder_layers")
"""What the configurations of models call how many layers a stack of theirs has."""


def layer_stacks(model: PreTrainedModel) -> Iterator[tuple[str, nn.ModuleList]]:
    """Yield each plain list of layers with its name in the model: one, or the encoder's and then the decoder's."""
    counts = {getattr(model.config, name, None) for name in COUNTS}
    inside: tuple[str, ...] = ()
    base = {id(module) for module in model.base_model.modules()}
    for name, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and id(module) in base and not name.startswith(inside or "\0"):
            if len(module) in counts:
                yield name, module
            inside += (f"{name}.",)


def layer_depths(model: PreTrainedModel) -> tuple[dict[str, int], int]:
    """Return how deep each parameter lies, by its name, and how many layers L there are.

    0 is what stands below the first layer, and every embedding, 1 to L are the layers, and what comes after them
    (the last normalisation, pooler, head) counts as L. The layers of a decoder are on top of its encoder's.

    Raises:
        ConfigError: the model has no plain list of layers.
    """
    stacks = list(layer_stacks(model))
    if not stacks:
        raise ConfigError(
            f"{type(model).__name__} has no plain list of layers",
            where="training.layerwise_lr_decay",
            remedy="set layerwise_lr_decay: 1, or take another model",
        )
    total = sum(len(layers) for _, layers in stacks)
    tables = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    depths: dict[str, int] = {}
    outside = 0  # until the first layer, then all of them
    for name, parameter in model.named_parameters():
        depth = _depth_inside(stacks, name)
        if depth is not None:
            depths[name], outside = depth, total
        else:
            depths[name] = 0 if id(parameter) in tables or "embed" in name else outside
    return depths, total


def _depth_inside(stacks: Sequence[tuple[str, nn.ModuleList]], name: str) -> int | None:
    below = 0
    for stack, layers in stacks:
        if name.startswith(f"{stack}."):
            return below + int(name.removeprefix(f"{stack}.").partition(".")[0]) + 1
        below += len(layers)
    return None


def slow_lower_layers(optimizer: Optimizer, model: PreTrainedModel, decay: float) -> None:
    r"""Give every layer a learning rate of its own, in place: the lower, the slower, so that less is forgotten.

    .. math:: \eta_l = \eta \, \xi^{L - l}

    with :math:`\xi` the decay and :math:`l` of :func:`layer_depths`: the last layer, pooler and head learn at the full
    rate :math:`\eta`, embeddings at the lowest. Groups keep their other options, such as no weight decay.

    Args:
        optimizer: new, over parameters of the model alone.
        model: whose layers they are.
        decay: 1 leaves all rates alike.

    Source: Howard & Ruder, Universal Language Model Fine-tuning for Text Classification, ACL 2018 (discriminative
    fine-tuning); Clark et al., ELECTRA, ICLR 2020 (the decay by layer).
    """
    depths, total = layer_depths(model)
    by_parameter = {id(parameter): depths[name] for name, parameter in model.named_parameters()}
    groups = list(optimizer.param_groups)
    optimizer.param_groups.clear()
    for group in groups:
        by_depth: dict[int, list[nn.Parameter]] = {}
        for parameter in group["params"]:
            by_depth.setdefault(by_parameter[id(parameter)], []).append(parameter)
        for depth, parameters in sorted(by_depth.items()):
            rate = group["lr"] * decay ** (total - depth)
            optimizer.add_param_group({**group, "params": parameters, "lr": rate})
