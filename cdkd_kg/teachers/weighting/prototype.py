"""Weights by nearness: a document listens to teachers whose domains look like it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from cdkd_kg.teachers.weighting.opinions import DomainOpinions, Floats


def prototypes(opinions: DomainOpinions) -> Floats:
    """Return ``[D, H]``, the mean place of each domain's documents, in the order of ``opinions.names``.

    Documents that judge are left aside, but for a domain that has no other. No label is looked at.
    """
    found = []
    for name in opinions.names:
        mine = opinions.domains == name
        kept = mine & ~opinions.judged
        found.append(opinions.geometry[kept if kept.any() else mine].mean(axis=0, dtype=np.float64))
    return np.stack(found)


def taught(opinions: DomainOpinions) -> list[int]:
    """Return the places of the teachers' domains among the prototypes.

    Raises:
        ValueError: no document is of a teacher's domain, so that it has no prototype.
    """
    if unknown := [name for name in opinions.teachers if name not in opinions.names]:
        raise ValueError(f"there is no document of the domain of the teachers {unknown}, so it has no prototype")
    return [opinions.names.index(name) for name in opinions.teachers]


def directions(vectors: Floats, centre: Floats) -> Floats:
    """Return ``[M, H]`` vectors seen from ``centre`` ``[H]``, at length 1: raw states of an encoder are all alike."""
    seen = vectors - centre
    return np.asarray(seen / np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-12))


class Nearness(nn.Module):
    r"""Cosines of documents with the prototypes of the teachers' domains, at a learned temperature.

    .. math:: w_{ik} = \operatorname{softmax}_k \frac{\cos(x_i - \bar p, p_k - \bar p)}{\tau}

    with the prototypes p of all domains and their mean :math:`\bar p`.

    Source: Pan et al., Meta-KD, ACL 2021, whose prototypes weigh documents for a teacher; here teachers for a document.
    """

    cosines: Tensor

    def __init__(self, opinions: DomainOpinions) -> None:
        super().__init__()
        known = prototypes(opinions)
        centre = known.mean(axis=0)
        teachers = directions(known, centre)[taught(opinions)]
        self.register_buffer("cosines", torch.from_numpy(directions(opinions.geometry, centre) @ teachers.T))
        self.sharpness = nn.Parameter(torch.zeros((), dtype=torch.double))

    def forward(self) -> Tensor:
        """Return scores ``[N, K]``."""
        return nn.functional.softplus(self.sharpness) * self.cosines
