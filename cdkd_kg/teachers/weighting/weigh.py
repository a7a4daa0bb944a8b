"""Weigh domain teachers for every document: the ways by name, what they need, and the guard over all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from cdkd_kg.config import DomainWeights
from cdkd_kg.teachers.weighting.domain_graph import DomainGraph, random_domain_graph
from cdkd_kg.teachers.weighting.fit import Judged, choose, fit, held_out
from cdkd_kg.teachers.weighting.opinions import DomainOpinions, Floats
from cdkd_kg.teachers.weighting.prototype import Nearness
from cdkd_kg.teachers.weighting.scores import confidence, equal
from cdkd_kg.teachers.weighting.validation import OneForAll

TRAINED: tuple[DomainWeights, ...] = ("validation", "prototype", "domain_graph")
MOST = 0.95
"""The share of a domain's weight that one teacher may have without proof."""


class Weighed(NamedTuple):
    """Weights ``[N, K]`` on the simplex, how strongly they were pulled to equal ones, and a warning.

    A document whose domain has a teacher of its own listens to it alone. What is not trained was not pulled: None.
    """

    weights: Floats
    strength: float | None = None
    warning: str = ""


def weigh(way: DomainWeights, opinions: DomainOpinions, seed: int = 0) -> Weighed:
    r"""Weigh K domain teachers for N documents.

    .. math:: \log p_i(c) = \sum_k w_{ik} \log p_{ik}(c) + \text{const}

    The answer is :func:`together`. With one teacher, without judging documents, and where a trained way has fewer than
    three domains to compare teachers on, all count alike: with two, a document of either has one stranger, whose weight
    is 1 whatever is learned.

    Args:
        way: ``uniform``; ``validation``, one weight a teacher; ``prototype``, by nearness; ``domain_graph``, by a
            network over domains, ``random_domain_graph`` the same untrained; ``confidence``, by how sure each is.
        opinions: of the teachers.
        seed: of the networks' start.

    Example:
        >>> said, place = np.array([[[2.0, 0.0]], [[0.0, 0.0]]]), np.ones((1, 3))  # of one document, two labels
        >>> unknown = np.zeros((1, 2)), np.zeros(1, dtype=bool)
        >>> asked = DomainOpinions(("books", "dvd"), said, place, np.array(["kitchen"]), *unknown)
        >>> weigh("uniform", asked).weights
        array([[0.5, 0.5]])
    """
    if way == "uniform" or len(opinions.teachers) < 2:
        return Weighed(_weights(equal(opinions), opinions))
    if lack := _lack(way, opinions):
        return Weighed(_weights(equal(opinions), opinions), warning=f"All domain teachers count alike: {lack}.")
    make, strength = _maker(way, opinions, seed), None
    if way in TRAINED:
        strength, found = choose(make, opinions)
        if strength == np.inf:
            return Weighed(_weights(equal(opinions), opinions), strength)
    else:
        found = held_out(make, opinions, np.inf)
    network = make()
    if strength is not None:
        fit(network, opinions, opinions.judged, strength)
    weights = _weights(network, opinions)
    if warning := _ruled_by_one(weights, opinions, found):
        return Weighed(_weights(equal(opinions), opinions), strength, warning)
    return Weighed(weights, strength)


def together(opinions: DomainOpinions, weights: Floats) -> Floats:
    """Return logits ``[N, C]`` of the product of experts under weights ``[N, K]``; label by label where independent."""
    return np.asarray(np.einsum("nk,knc->nc", weights, opinions.logits))


def mean_weights(opinions: DomainOpinions, weights: Floats) -> dict[str, dict[str, float]]:
    """Return ``{domain: {teacher: mean weight}}``."""
    means = {name: weights[opinions.domains == name].mean(axis=0) for name in opinions.names}
    return {name: dict(zip(opinions.teachers, mean.round(4).tolist(), strict=True)) for name, mean in means.items()}


def _maker(way: DomainWeights, opinions: DomainOpinions, seed: int) -> Callable[[], nn.Module]:
    ways: dict[DomainWeights, Callable[[], nn.Module]] = {
        "validation": partial(OneForAll, opinions),
        "prototype": partial(Nearness, opinions),
        "domain_graph": partial(DomainGraph, opinions, seed),
        "random_domain_graph": partial(random_domain_graph, opinions, seed),
        "confidence": partial(confidence, opinions),
    }
    return ways[way]


def _weights(network: nn.Module, opinions: DomainOpinions) -> Floats:
    with torch.no_grad():
        weights = network().softmax(dim=1).numpy()
    return np.where(opinions.own.any(axis=1, keepdims=True), opinions.own, weights)


def _lack(way: DomainWeights, opinions: DomainOpinions) -> str:
    judging = set(opinions.domains[opinions.judged].tolist()) & set(opinions.teachers)
    if not judging:
        return "there are no validation rows to judge them"
    if way in TRAINED and (len(opinions.teachers) < 3 or len(judging) < 2):
        return f"{way} compares strangers on source domains, and that takes three"
    return ""


def _ruled_by_one(weights: Floats, opinions: DomainOpinions, found: Judged) -> str:
    """Return a warning where one teacher has nearly all weight on a domain and is not shown to deserve it."""
    gain, error = found.gain_over(held_out(partial(equal, opinions), opinions, np.inf))
    if gain > error:
        return ""
    for domain, shares in mean_weights(opinions, weights).items():
        teacher = max(opinions.teachers, key=shares.__getitem__)
        if domain not in opinions.teachers and shares[teacher] > MOST:
            return (
                f"All domain teachers count alike: the one of {teacher} had {shares[teacher]:.0%} of the weight on "
                f"{domain} without being clearly better than equal weights on source domains that were left out."
            )
    return ""
