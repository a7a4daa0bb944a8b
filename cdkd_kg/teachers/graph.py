"""What a graph teacher is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from cdkd_kg.teachers.adjacency import SIMILAR
from cdkd_kg.teachers.similar_texts import similar_texts


@dataclass(frozen=True)
class GraphTask:
    """One task seen from the graph: what is known of each of N documents, in the order of the graph's nodes.

    Attributes:
        targets: ``[N, C]`` of 0 and 1; rows that are neither training nor validation are ignored.
        training: ``[N]`` bool, documents whose labels may be learned from.
        validation: ``[N]`` bool, labelled source documents that only judge.
        unlabelled: ``[N]`` bool, documents of this task whose labels nobody may see.
        domains: ``[N]`` the domain of each document.
        beliefs: ``[N, C]`` the calibrated text teacher's probabilities.
        multi_label: whether labels are independent.
    """

    targets: NDArray[np.float32]
    training: NDArray[np.bool_]
    validation: NDArray[np.bool_]
    unlabelled: NDArray[np.bool_]
    domains: NDArray[np.str_]
    beliefs: NDArray[np.float32]
    multi_label: bool


@dataclass(frozen=True)
class Expert:
    """What one teacher says: logits ``[N, C]``, notes for the report, and where it has them embeddings.

    ``embedding`` is ``[N, E]`` of documents, ``entities`` is ``[V - N, E]``.
    """

    logits: NDArray[np.float32]
    notes: dict[str, Any]
    embedding: NDArray[np.float32] | None = None
    entities: NDArray[np.float32] | None = None


def with_similar_texts(data: HeteroData, geometry: NDArray[np.float32], k: int) -> HeteroData:
    """Return a copy of the graph with ``similar`` edges between documents.

    The geometry is that of the encoder *before* fine-tuning: neighbours in the fine-tuned one repeat what the
    text teacher already believes, so beliefs passed along them correct nothing.
    """
    joined = data.clone()
    joined[SIMILAR].edge_index, joined[SIMILAR].edge_weight = similar_texts(geometry, k)
    return joined
