"""What the weights of a model are, as one digest."""

from __future__ import annotations

import hashlib

import torch
from transformers import PreTrainedModel

from cdkd_kg.artifacts import canonical_json


def digest_of(model: PreTrainedModel) -> str:
    """Return the SHA-256 of a model's configuration and of the name, shape and bytes of each of its weights.

    Where it was loaded from is no part of it.
    """
    about = {name: value for name, value in model.config.to_dict().items() if name != "_name_or_path"}
    digest = hashlib.sha256(canonical_json(about).encode())
    for name, value in sorted(model.state_dict().items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
