"""Experts without parameters: labels and text beliefs spread over the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logit
from torch import Tensor
from torch_geometric.data import HeteroData

from cdkd_kg.config import GraphTeacherConfig, Spreading
from cdkd_kg.teachers.calibration import fit_temperature, log_likelihood
from cdkd_kg.teachers.graph import Expert, GraphTask
from cdkd_kg.teachers.propagation import Family, choose_weights, families, propagate

SMALLEST = 1e-6
Spread = Callable[[Mapping[str, Family], Mapping[str, float]], Tensor]


def spreading_expert(name: Spreading, data: HeteroData, task: GraphTask, config: GraphTeacherConfig) -> Expert:
    """Choose the mixture of edge families on validation, and answer by it.

    Args:
        name: what is spread.
        data: the graph with its similar-text edges.
        task: labels, masks and beliefs of the documents.
        config: how far it is spread.
    """
    alpha, steps = config.propagation_alpha, config.propagation_steps
    make = {"propagation": labels_spread, "correct_and_smooth": errors_spread}[name]
    spread, ways, judged = make(task, alpha, steps), families(data), task.targets[task.validation]

    def logits(weights: Mapping[str, float]) -> NDArray[np.float32]:
        return _logits(spread(ways, weights).numpy(), task.multi_label)

    def loss(weights: Mapping[str, float]) -> float:
        answers = logits(weights)[task.validation]  # calibrated, or the flattest mixture would win
        return -log_likelihood(answers / fit_temperature(answers, judged, task.multi_label), judged, task.multi_label)

    names = sorted(ways)
    chosen = choose_weights(names, loss) if len(judged) else dict.fromkeys(names, 1.0)
    return Expert(logits(chosen), {"edge_families": chosen})


def labels_spread(task: GraphTask, alpha: float, steps: int) -> Spread:
    """Spread labels, and beliefs where there are none, as :func:`~cdkd_kg.teachers.propagation.propagate` does."""
    start = torch.from_numpy(np.where(task.training[:, None], task.targets, task.beliefs).astype(np.float32))
    return lambda ways, weights: propagate(start, ways, weights, alpha, steps)


def errors_spread(task: GraphTask, alpha: float, steps: int) -> Spread:
    r"""Spread the errors that the beliefs make on labelled documents, correct all beliefs by them, and smooth.

    .. math:: E_i = [i \in L] (y_i - b_i), \quad \hat E = \operatorname{spread}(E), \quad
        z_i = b_i + \sigma \frac{\hat E_i}{\lVert \hat E_i \rVert_1}, \quad
        \sigma = \frac{1}{|L|} \sum_{i \in L} \lVert E_i \rVert_1

    and then labels, and z where there are none, are spread once more. Rows that no error reaches keep their beliefs.

    Source: Huang et al., Combining Label Propagation and Simple Models Out-performs Graph Neural Networks, ICLR 2021
    (the variant "autoscale").
    """
    known = torch.from_numpy(task.training)[:, None]
    beliefs, targets = torch.from_numpy(task.beliefs), torch.from_numpy(task.targets)
    errors = torch.where(known, targets - beliefs, 0.0)
    scale = errors.abs().sum() / max(1, int(task.training.sum()))

    def spread(ways: Mapping[str, Family], weights: Mapping[str, float]) -> Tensor:
        reached = propagate(errors, ways, weights, alpha, steps)
        size = reached.abs().sum(dim=1, keepdim=True)
        corrected = beliefs + torch.where(size > SMALLEST, scale * reached / size.clamp_min(SMALLEST), 0.0)
        start = torch.where(known, targets, corrected.clamp(0, 1))
        return propagate(start, ways, weights, alpha, steps)

    return spread


def _logits(beliefs: NDArray[np.float32], multi_label: bool) -> NDArray[np.float32]:
    held = np.clip(beliefs, SMALLEST, 1 - SMALLEST)
    return np.asarray(logit(held) if multi_label else np.log(held), dtype=np.float32)
