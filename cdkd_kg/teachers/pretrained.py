"""Pretrained things by name, folder or hub id, and the shape of a model from its configuration alone.

Nothing here imports the code of a model, so a wrong name, layer or length is told early.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from cdkd_kg.data.models import hub_id, listed_models, model_folder
from cdkd_kg.errors import MissingResourceError, nearest

COUNTS_FROM_PADDING = ("roberta", "camembert", "mpnet", "longformer", "data2vec", "ibert", "xmod", "luke")
"""Families of models whose first position is the one after the padding token's id, so that they read fewer tokens."""


class ModelShape(NamedTuple):
    """How many layers a model has, and how many tokens it reads; None where its configuration does not say."""

    layers: int | None
    positions: int | None


def model_shape(model: str | Path) -> ModelShape:
    """Return the shape of a model, from its configuration alone.

    Raises:
        MissingResourceError: the model is not here and cannot be fetched.
    """
    from transformers import AutoConfig

    config = load_pretrained(AutoConfig, model)
    positions = getattr(config, "max_position_embeddings", None) or 0
    if any(family in config.model_type for family in COUNTS_FROM_PADDING):
        positions -= (config.pad_token_id or 0) + 1
    return ModelShape(getattr(config, "num_hidden_layers", None), positions if positions > 0 else None)


def load_pretrained(kind: Any, model: str | Path, **options: Any) -> Any:
    """Return ``kind.from_pretrained`` of a name of ``cdkd data list``, a folder, or a hub id.

    Raises:
        MissingResourceError: it is not here and cannot be fetched.
    """
    from safetensors import SafetensorError

    place = model_folder(str(model)) or hub_id(str(model))
    try:
        return kind.from_pretrained(place, **options)
    except (OSError, ValueError, SafetensorError) as error:
        raise MissingResourceError(
            f"the model {str(model)!r} cannot be loaded{nearest(str(model), listed_models())}",
            why=str(error).splitlines()[0],
            remedy="give a name of `cdkd data list`, a folder made by save_pretrained, or a hub id that can be reached",
        ) from error
