"""Product of experts: calibrated teachers multiplied, each to the power that source validation supports."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from cdkd_kg.teachers.calibration import log_likelihood

Floats = NDArray[np.floating]
PULL = 0.05


def fuse(experts: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    r"""Return the logits of the product of experts.

    .. math:: z = \sum_k w_k z_k, \qquad p(c) \propto \prod_k p_k(c)^{w_k}

    Shapes: each expert is ``[N, C]`` calibrated logits; so is the result.

    Source: Hinton, Training Products of Experts by Minimizing Contrastive Divergence, 2002.
    """
    return np.asarray(np.sum([weights[name] * logits for name, logits in sorted(experts.items())], axis=0))


def fit_weights(
    experts: Mapping[str, Floats], targets: Floats, groups: NDArray[np.integer], multi_label: bool = False
) -> dict[str, float]:
    r"""Fit one weight an expert on labelled source documents that no expert was trained on.

    Each source domain counts the same, however many rows it has, and a pull of 0.05 nats holds the
    weights to the uniform ones, so that a handful of documents or an easy domain decides nothing alone:

    .. math:: \max_w \frac1D \sum_d \ell_d(w) - 0.05 \sum_k (w_k - 1/K)^2, \quad w_k \ge 0

    Args:
        experts: ``[N, C]`` calibrated logits by name.
        targets: ``[N, C]`` of 0 and 1.
        groups: ``[N]`` the source domain of each document.
        multi_label: whether the labels are independent.

    Returns:
        The weight of each expert; uniform where there is no document.
    """
    names = sorted(experts)
    uniform = np.full(len(names), 1 / len(names))
    if len(targets) == 0 or len(names) == 1:
        return dict(zip(names, uniform.tolist(), strict=True))
    stacked = np.stack([experts[name] for name in names])
    members = [groups == group for group in np.unique(groups)]

    def loss(weights: Floats) -> float:
        fused = np.tensordot(weights, stacked, axes=1)
        gain = np.mean([log_likelihood(fused[member], targets[member], multi_label) for member in members])
        return float(-gain + PULL * np.square(weights - uniform).sum())

    found = minimize(loss, uniform, method="L-BFGS-B", bounds=[(0.0, 3.0)] * len(names))
    return {name: round(float(weight), 4) for name, weight in zip(names, found.x, strict=True)}


def correct_prior(logits: Floats, source_prior: Floats, steps: int = 100) -> Floats:
    r"""Shift single-label logits to the class prior that the unlabelled documents themselves suggest.

    Expectation-maximisation over the target prior :math:`\pi`, starting from the source prior :math:`\rho`:

    .. math:: p_i(c) \propto \operatorname{softmax}(z_i)_c \, \pi_c / \rho_c, \qquad \pi_c \gets \frac1N \sum_i p_i(c)

    Shapes: ``logits`` is ``[N, C]``, ``source_prior`` is ``[C]``; the result is ``[N, C]``.

    Source: Saerens et al., Adjusting the Outputs of a Classifier to New a Priori Probabilities, 2002.
    """
    if len(logits) == 0:
        return logits
    log_source = np.log(np.maximum(source_prior, 1e-6))
    log_target = log_source
    for _ in range(steps):
        posterior = softmax(logits + log_target - log_source, axis=1)
        log_target = np.log(np.maximum(posterior.mean(axis=0), 1e-6))
    return np.asarray(log_softmax(logits + log_target - log_source, axis=1))
