"""What the weights of a model are, as one digest."""

from __future__ import annotations

import hashlib

import torch
from transformers import PreTrainedModel


def digest_of(model: PreTrainedModel) -> str:
    """Return the SHA-256 of a model's configuration and of the name, shape and bytes of each of its weights."""
    digest = hashlib.sha256(model.config.to_json_string(use_diff=False).encode())
    for name, value in sorted(model.state_dict().items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
