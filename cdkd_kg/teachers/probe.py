"""The linear probe: a classifier on what the text encoder knows before any fine-tuning."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cdkd_kg.teachers.calibration import log_likelihood
from cdkd_kg.teachers.graph import Expert, GraphTask

PENALTIES = (1e-4, 1e-3, 1e-2)
SCALE = 10.0


def probe_expert(geometry: NDArray[np.float32], task: GraphTask) -> Expert:
    r"""Fit a linear classifier on frozen embeddings, and let source validation choose its penalty.

    .. math:: \min_{W, b} \frac{1}{|L|} \sum_{i \in L} H(y_i, W x_i + b) + \lambda \lVert W \rVert^2, \qquad
        x_i = 10 \frac{g_i - \bar g}{\lVert g_i - \bar g \rVert}

    With a handful of labels it is often ahead of a fine-tuned model, which forgets what it knew of other domains; and
    a graph that beats the fine-tuned model alone would be credited with that.

    Args:
        geometry: ``[N, H]`` embeddings g of the documents.
        task: their labels and masks.

    Source: Kumar et al., Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution, ICLR 2022.
    """
    centred = torch.from_numpy(geometry - geometry.mean(axis=0)).double()
    features = SCALE * torch.nn.functional.normalize(centred, dim=1)
    targets, known = torch.from_numpy(task.targets).double(), torch.from_numpy(task.training)
    judged = task.validation if task.validation.any() else task.training
    best: tuple[float, float, NDArray[np.float32]] | None = None
    for penalty in PENALTIES:
        weights, bias = fit_linear(features[known], targets[known], penalty, task.multi_label)
        logits = (features @ weights + bias).numpy().astype(np.float32)
        score = log_likelihood(logits[judged], task.targets[judged], task.multi_label)
        if best is None or score > best[0]:
            best = score, penalty, logits
    assert best is not None  # noqa: S101 - there are penalties
    return Expert(best[2], {"penalty": best[1]})


def fit_linear(features: Tensor, targets: Tensor, penalty: float, multi_label: bool) -> tuple[Tensor, Tensor]:
    """Return W ``[H, C]`` and b ``[C]`` for features ``[L, H]`` and targets ``[L, C]``, as in :func:`probe_expert`."""
    weights = torch.zeros(features.shape[1], targets.shape[1], dtype=torch.double, requires_grad=True)
    bias = torch.zeros(targets.shape[1], dtype=torch.double, requires_grad=True)
    functional = torch.nn.functional
    entropy = functional.binary_cross_entropy_with_logits if multi_label else functional.cross_entropy
    solver = torch.optim.LBFGS([weights, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        value = entropy(features @ weights + bias, targets) + penalty * weights.square().sum()
        torch.autograd.backward(value)
        return value

    solver.step(loss)  # type: ignore[no-untyped-call]
    return weights.detach(), bias.detach()
