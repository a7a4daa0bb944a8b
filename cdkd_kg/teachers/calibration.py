"""Temperature scaling: one number that makes a teacher's confidence mean what it says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax

from cdkd_kg.teachers.temperatures import HIGHEST, LOWEST

Floats = NDArray[np.floating]


def log_likelihood(logits: Floats, targets: Floats, multi_label: bool) -> float:
    r"""Return the mean log-likelihood of ``targets`` under ``logits``, in nats a document.

    .. math:: \frac{1}{N} \sum_i \sum_c y_{ic} \log \operatorname{softmax}(z_i)_c

    and with Bernoulli terms, averaged over labels, where ``multi_label``.

    Shapes: ``logits`` and ``targets`` are ``[N, C]``.
    """
    return float(log_likelihoods(logits, targets, multi_label).mean())


def log_likelihoods(logits: Floats, targets: Floats, multi_label: bool) -> Floats:
    """Return ``[N]``, the terms that :func:`log_likelihood` is the mean of."""
    if multi_label:
        log_on, log_off = np.log(expit(logits) + 1e-12), np.log(expit(-logits) + 1e-12)
        return np.asarray((targets * log_on + (1 - targets) * log_off).mean(axis=1))
    return np.asarray((targets * log_softmax(logits, axis=1)).sum(axis=1))


def fit_temperature(logits: Floats, targets: Floats, multi_label: bool = False) -> float:
    r"""Return the T in [0.05, 20] that maximises the likelihood of smoothed ``targets`` under ``logits / T``.

    A teacher that makes no mistake on N documents has not shown that it makes none: the right label counts as
    :math:`(N + 1) / (N + 2)`, the wrong ones share the rest. Without this, a perfect validation drives T to 0 and
    the teacher to hard labels. Without a document the answer is 1: nothing was learned, nothing is changed.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017; the smoothing is that of Platt,
    Probabilistic Outputs for Support Vector Machines, 1999.

    Example:
        >>> sure_but_half_wrong = np.array([[9.0, 0.0], [9.0, 0.0]])
        >>> fit_temperature(sure_but_half_wrong, np.array([[1.0, 0.0], [0.0, 1.0]]))
        20.0
    """
    if len(logits) == 0:
        return 1.0
    smooth = smoothed(targets, multi_label)

    def loss(log_temperature: float) -> float:
        return -log_likelihood(logits / np.exp(log_temperature), smooth, multi_label)

    bounds = (np.log(LOWEST), np.log(HIGHEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    best = min([found.x, *bounds], key=loss)
    return round(float(np.exp(best)), 4)


def probabilities(
    logits: Floats, targets: Floats, judged: NDArray[np.bool_], multi_label: bool = False
) -> NDArray[np.float32]:
    """Return calibrated probabilities ``[N, C]`` of all documents, the temperature fitted on the judged ones.

    Args:
        logits: ``[N, C]`` raw logits.
        targets: ``[N, C]`` of 0 and 1; only judged rows are looked at.
        judged: ``[N]`` bool, labelled rows that no teacher was trained on.
        multi_label: whether labels are independent.
    """
    return as_probabilities(logits / fit_temperature(logits[judged], targets[judged], multi_label), multi_label)


def as_probabilities(logits: Floats, multi_label: bool) -> NDArray[np.float32]:
    """Return the softmax of calibrated logits ``[N, C]``, or their sigmoid where labels are independent."""
    return np.asarray(expit(logits) if multi_label else softmax(logits, axis=1), dtype=np.float32)


def smoothed(targets: Floats, multi_label: bool) -> Floats:
    """Return targets ``[N, C]`` of which none is certain, as :func:`fit_temperature` takes them."""
    documents, labels = targets.shape
    doubt = 1 / (documents + 2)
    others = 1 if multi_label else max(labels - 1, 1)
    return np.asarray(targets * (1 - doubt) + (1 - targets) * doubt / others)
