"""What the text encoder says of a document without any label: which label's name it is nearest to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from cdkd_kg.teachers.graph import Expert, GraphTask

SCALE = 20.0
RARE = 1e-3


def names_expert(documents: NDArray[np.float32], names: NDArray[np.float32], task: GraphTask) -> Expert:
    r"""Compare documents with the names of the labels, in the geometry of the encoder before fine-tuning.

    .. math:: z_{ic} = 20 \cos(x_i, n_c)

    and :math:`z_{ic} = 20 (\cos(x_i, n_c) - \frac1N \sum_j \cos(x_j, n_c)) + \operatorname{logit} \pi_c` where labels
    are independent, with the share :math:`\pi` of each label among training documents. A graph that knows what labels
    mean is to be held against a text teacher that knows it too. Names that tell nothing, such as ``0`` and ``1``, get
    no weight from source validation.

    Args:
        documents: ``[N, H]``.
        names: ``[C, H]``, from the same encoder.
        task: labels and masks.

    Source: Chang et al., Importance of Semantic Representation: Dataless Classification, AAAI 2008.
    """
    cosine = _unit(documents) @ _unit(names).T
    if not task.multi_label:
        return Expert((SCALE * cosine).astype(np.float32), {})
    shares = task.targets[task.training].mean(axis=0) if task.training.any() else np.full(len(names), 0.5)
    centred = cosine - cosine.mean(axis=0)
    return Expert((SCALE * centred + logit(np.clip(shares, RARE, 1 - RARE))).astype(np.float32), {})


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    wide = vectors.astype(np.float64)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12))
