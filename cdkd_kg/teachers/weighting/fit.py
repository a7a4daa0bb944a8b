"""Fit weights on source documents, each judged by strangers, and choose how far they may leave equal ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cdkd_kg.teachers.calibration import log_likelihoods, smoothed
from cdkd_kg.teachers.weighting.opinions import DomainOpinions, Floats
from cdkd_kg.teachers.weighting.scores import equal

STRENGTHS = (float("inf"), 3.0, 1.0, 0.3, 0.1, 0.03)
"""How strongly weights are pulled to equal ones, from fully on."""
Scorer = Callable[[], nn.Module]


class Judged(NamedTuple):
    """Log-likelihoods ``[J]`` of judged documents, and how much each counts: every domain alike, 1 together."""

    terms: Floats
    shares: Floats
    groups: NDArray[np.intp]

    def gain_over(self, other: Judged) -> tuple[float, float]:
        """Return the mean gain in nats a document, and its standard error.

        The error is that over documents or that over domains, whichever is larger: weights are for a domain that is not
        here, and what some hundred documents of three domains agree on may hold for these three alone.
        """
        gains = self.terms - other.terms
        means = np.array([gains[self.groups == group].mean() for group in np.unique(self.groups)])
        inside = gains - means[np.unique(self.groups, return_inverse=True)[1]]
        documents = np.sqrt(np.square(self.shares * inside).sum())
        domains = means.std(ddof=1) / np.sqrt(len(means)) if len(means) > 1 else 0.0
        return float(means.mean()), float(max(documents, domains))


def stranger_weights(scores: Tensor, opinions: DomainOpinions) -> Tensor:
    """Return the logarithms of weights ``[N, K]``: the softmax of scores over teachers of *other* domains.

    On the target every teacher is a stranger. Were documents judged by their own domain's teacher, too, each domain
    would vote for itself. A teacher of the document's own domain has ``-inf``.
    """
    return scores.masked_fill(torch.from_numpy(opinions.own), -torch.inf).log_softmax(dim=1)


def fit(network: nn.Module, opinions: DomainOpinions, judged: NDArray[np.bool_], strength: float) -> float:
    r"""Train a network that gives scores, in place, and return the temperature of strangers that was fitted with it.

    .. math:: \max_{w, T} \frac1S \sum_s \ell_s\Big(\tfrac1T \sum_k w_{ik} z_{ik}\Big)
        - \lambda \, \overline{\operatorname{KL}(u \,\|\, w_i)}

    with the mean likelihood :math:`\ell_s` of the judging documents of each of S source domains, and the penalty over
    the same documents, each domain the same. (Over others, too, it would say nothing but "equal" of the target: a
    network that tells domains apart obeys it there and nowhere else.) The divergence is *from* equal weights u, so
    that no teacher can be silenced at a finite price. Strangers are surer than they are right; without T the weights
    would go to whoever is least sure. Labels are smoothed as in :func:`~cdkd_kg.teachers.calibration.fit_temperature`.

    Args:
        network: ``forward()`` gives ``[N, K]``; without parameters only T is fitted.
        opinions: of the teachers.
        judged: ``[N]`` bool, the documents that judge.
        strength: :math:`\lambda`, in nats.
    """
    rows = torch.from_numpy(np.flatnonzero(judged))
    logits = torch.from_numpy(np.ascontiguousarray(opinions.logits[:, judged], dtype=np.float64))
    truth = np.asarray(opinions.targets[judged], dtype=np.float64)
    targets = torch.from_numpy(smoothed(truth, opinions.multi_label))
    shares = torch.from_numpy(_shares(opinions.places[judged]))
    strange = torch.from_numpy(~opinions.own[judged])
    log_temperature = torch.zeros((), dtype=torch.double, requires_grad=True)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    solver = torch.optim.LBFGS([log_temperature, *trained], max_iter=50, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        weights = stranger_weights(network(), opinions)[rows]
        fused = torch.einsum("jk,kjc->jc", weights.exp(), logits) * torch.exp(-log_temperature)
        value = -(shares * _log_likelihoods(fused, targets, opinions.multi_label)).sum()
        if trained:
            value = value + strength * (shares * _divergence(weights, strange)).sum()
        torch.autograd.backward(value)
        return value

    solver.step(loss)  # type: ignore[no-untyped-call]
    return float(log_temperature.detach().exp())


def held_out(make: Scorer, opinions: DomainOpinions, strength: float) -> Judged:
    """Return how likely the labels of each source domain are under weights that were fitted without its documents."""
    terms = np.zeros(len(opinions.domains))
    for domain in np.unique(opinions.domains[opinions.judged]):
        network, here = make(), opinions.domains == domain
        temperature = fit(network, opinions, opinions.judged & ~here, strength)
        with torch.no_grad():
            weights = stranger_weights(network(), opinions).exp().numpy()
        mine = opinions.judged & here
        fused = np.einsum("jk,kjc->jc", weights[mine], opinions.logits[:, mine]) / temperature
        terms[mine] = log_likelihoods(fused, opinions.targets[mine], opinions.multi_label)
    groups = opinions.places[opinions.judged]
    return Judged(terms[opinions.judged], _shares(groups), groups)


def choose(make: Scorer, opinions: DomainOpinions) -> tuple[float, Judged]:
    """Return the strength of the pull to equal weights, and how the weights do on source domains left out in turn.

    It is the strongest, infinite first, that is not worse than the best by more than the standard error of their
    difference: weights are equal unless others are clearly better where their documents had no say.
    """
    tries = {one: held_out(make if one < np.inf else lambda: equal(opinions), opinions, one) for one in STRENGTHS}
    best = max(tries.values(), key=lambda one: float(one.shares @ one.terms))
    for strength, found in tries.items():
        gain, error = best.gain_over(found)
        if gain <= error:
            return strength, found
    raise AssertionError("the best is as good as the best")


def _shares(groups: NDArray[np.intp]) -> Floats:
    """Return ``[M]`` shares that sum to 1, every group the same in sum."""
    _, places, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(1 / (len(counts) * counts[places]))


def _log_likelihoods(logits: Tensor, targets: Tensor, multi_label: bool) -> Tensor:
    functional = nn.functional
    if multi_label:
        return (targets * functional.logsigmoid(logits) + (1 - targets) * functional.logsigmoid(-logits)).mean(dim=1)
    return (targets * logits.log_softmax(dim=1)).sum(dim=1)


def _divergence(log_weights: Tensor, strange: Tensor) -> Tensor:
    """Return ``[N]`` divergences from equal weights on the strangers to these."""
    count = strange.sum(dim=1)
    return -torch.where(strange, log_weights, 0.0).sum(dim=1) / count - count.log()
