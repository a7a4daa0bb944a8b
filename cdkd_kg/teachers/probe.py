"""The linear probe: a classifier on what the text encoder knows before any fine-tuning."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cdkd_kg.teachers.calibration import fit_temperature, log_likelihood
from cdkd_kg.teachers.graph import Expert, GraphTask

PENALTIES = (1e-4, 1e-3, 1e-2)
SCALE = 10.0


class Fitted(NamedTuple):
    """Logits ``[N, C]``, the penalty, and the log-likelihood on the judging rows, calibrated."""

    logits: NDArray[np.float32]
    penalty: float
    score: float


def probe_expert(geometry: NDArray[np.float32], task: GraphTask) -> Expert:
    """Fit :func:`best_linear` on frozen embeddings ``[N, H]``.

    With a handful of labels it is often ahead of a fine-tuned model, which forgets what it knew of other domains; and
    a graph that beats the fine-tuned model alone would be credited with that.

    Source: Kumar et al., Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution, ICLR 2022.
    """
    found = best_linear(geometry - geometry.mean(axis=0), task)
    return Expert(found.logits, {"penalty": found.penalty})


def best_linear(features: NDArray[np.floating], task: GraphTask) -> Fitted:
    r"""Fit a linear classifier to the training rows, and let source validation choose its penalty.

    .. math:: \min_{W, b} \frac{1}{|L|} \sum_{i \in L} H(y_i, W x_i + b) + \lambda \lVert W \rVert^2, \qquad
        x_i = 10 \frac{f_i}{\lVert f_i \rVert}

    A row of zeros stays zero.

    Args:
        features: ``[N, H]``.
        task: labels and masks; where nothing is left to judge, the training rows do.
    """
    scaled = SCALE * torch.nn.functional.normalize(torch.from_numpy(np.asarray(features, dtype=np.float64)), dim=1)
    targets, known = torch.from_numpy(task.targets).double(), torch.from_numpy(task.training)
    judged = task.validation if task.validation.any() else task.training
    fits = []
    for penalty in PENALTIES:
        weights, bias = _fit(scaled[known], targets[known], penalty, task.multi_label)
        logits = (scaled @ weights + bias).numpy().astype(np.float32)
        answers, truth = logits[judged], task.targets[judged]
        answers = answers / fit_temperature(answers, truth, task.multi_label)
        fits.append(Fitted(logits, penalty, log_likelihood(answers, truth, task.multi_label)))
    return max(fits, key=lambda fit: fit.score)


def _fit(features: Tensor, targets: Tensor, penalty: float, multi_label: bool) -> tuple[Tensor, Tensor]:
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
