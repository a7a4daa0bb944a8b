"""Product of experts: calibrated teachers multiplied, each to the power that source validation supports."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit, softmax

from cdkd_kg.teachers.calibration import log_likelihood

Floats = NDArray[np.floating]
PULL = 0.05


def fuse(experts: Mapping[str, Floats], weights: Mapping[str, float] | Mapping[str, Floats]) -> Floats:
    r"""Return the logits of the product of experts.

    .. math:: z = \sum_k w_k z_k, \qquad p(c) \propto \prod_k p_k(c)^{w_k}

    Shapes: each expert is ``[N, C]`` calibrated logits; so is the result. A weight is a number, or ``[N, 1]``.

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


def entropy_gate(experts: Mapping[str, Floats], multi_label: bool = False) -> dict[str, Floats]:
    r"""Return for each expert ``[N, 1]`` how much it counts, document by document: as much as it is sure.

    .. math:: g_{ik} = \frac{H_{\max} - H(p_{ik})}{\sum_{k'} H_{\max} - H(p_{ik'})}

    with the entropy H, at most :math:`H_{\max} = \ln C` (the mean over labels and :math:`\ln 2` where
    ``multi_label``). Where no expert knows anything, all count the same.

    Shapes: each expert is ``[N, C]`` calibrated logits.
    """
    names = sorted(experts)
    stacked = np.stack([experts[name] for name in names])
    if multi_label:
        shares = np.stack([expit(stacked), expit(-stacked)])
        entropy, most = (-shares * np.log(shares + 1e-12)).sum(axis=0).mean(axis=2), np.log(2)
    else:
        shares = softmax(stacked, axis=2)
        entropy, most = (-shares * np.log(shares + 1e-12)).sum(axis=2), np.log(stacked.shape[2])
    sure = np.maximum(most - entropy, 0) + 1e-9
    return dict(zip(names, (sure / sure.sum(axis=0))[:, :, None], strict=True))


def match_prior(logits: Floats, prior: Floats, multi_label: bool = False, steps: int = 100) -> Floats:
    r"""Shift logits by one constant a label, so that the mean probability of each label is its prior.

    .. math:: z_{ic} \gets z_{ic} + \log \pi_c - \log \tfrac1N \sum_i \operatorname{softmax}(z_i)_c

    repeated until nothing moves (with odds in place of probabilities where ``multi_label``). Beliefs that were
    passed around a graph are flat; sharpened, a small lean of theirs makes one class swallow the others, and this
    takes the lean away.

    Shapes: ``logits`` and the result are ``[N, C]``, ``prior`` is ``[C]``, in (0, 1).

    Source: Zhu et al., Semi-Supervised Learning Using Gaussian Fields and Harmonic Functions, ICML 2003 (class mass
    normalisation), in the logit scale and iterated as in raking.
    """
    if len(logits) == 0:
        return logits
    held = np.clip(prior, 1e-4, 1 - 1e-4)
    for _ in range(steps):
        mean = np.clip((expit(logits) if multi_label else softmax(logits, axis=1)).mean(axis=0), 1e-6, 1 - 1e-6)
        shift = logit(held) - logit(mean) if multi_label else np.log(held) - np.log(mean)
        logits = logits + shift
        if np.abs(shift - shift.mean() * (not multi_label)).max() < 1e-6:
            break
    return logits
