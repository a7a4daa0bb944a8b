"""Where the learned part of entities starts: at vectors that predict the links of the graph."""

from __future__ import annotations

import logging
import math
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from cdkd_kg.config import GraphTeacherConfig
from cdkd_kg.errors import DataRefusedError
from cdkd_kg.graph.tensors import ENTITY
from cdkd_kg.teachers.pretraining.train import Pretraining, pretrain
from cdkd_kg.teachers.pretraining.triples import Triples

logger = logging.getLogger(__name__)

EPOCHS, FEW, NEGATIVES = 50, 5_000, 128
"""Of more entities than these few, each true link is told from a sample of false ones."""
STEPS, LARGEST = 20, 512
"""Steps an epoch at least, and questions a step at most."""
SIZE = 0.1
"""The root mean square of the vectors, about that of projected features."""


def pretrained_entities(
    data: HeteroData, config: GraphTeacherConfig, seed: int
) -> tuple[NDArray[np.float32] | None, dict[str, Any]]:
    r"""Learn vectors of entities by predicting the edges between them, scaled to the size of projected features.

    A tenth of the edges chooses the epoch and another tenth judges: MRR and Hits@k, both filtered. Only the graph
    that a condition shows is learned from, so a shuffled one teaches shuffled vectors.

    Args:
        data: the graph.
        config: ``pretraining`` names the decoder; vectors are ``hidden`` wide.
        seed: decides what is held out and where the vectors start.

    Returns:
        ``[E, hidden]`` and the measures for the report; None and none where no edge can be held out.
    """
    if config.pretraining is None:
        return None, {}
    many = data[ENTITY].num_nodes > FEW
    try:
        triples = Triples.of(data, seed=seed)
        batch = min(LARGEST, math.ceil(2 * len(triples.training) / STEPS))
        how = Pretraining(config.pretraining, config.hidden, EPOCHS, batch, negatives=NEGATIVES if many else None)
        found = pretrain(triples, how, seed)
    except DataRefusedError as error:
        logger.warning("entities are not pretrained: %s", error)
        return None, {}
    vectors = found.vectors.numpy()
    vectors = SIZE * vectors / max(float(np.sqrt(np.square(vectors).mean())), 1e-12)
    measures = asdict(found.test) if found.test else {}
    return vectors.astype(np.float32), {"pretraining": {"decoder": how.decoder, "epoch": found.epoch} | measures}
