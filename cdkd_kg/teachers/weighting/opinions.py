"""What the teachers of several domains say of the same documents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class DomainOpinions:
    """K domain teachers' answers to N documents, and what is known of these.

    Attributes:
        teachers: the domains that the K teachers learned from.
        logits: ``[K, N, C]``, calibrated.
        geometry: ``[N, H]``, one space for all: that of the encoder before fine-tuning. Each fine-tuned teacher has a
            space of its own, in which the teachers' nearness to a document cannot be compared.
        domains: ``[N]`` the domain of each document.
        targets: ``[N, C]`` of 0 and 1; only judged rows are looked at.
        judged: ``[N]`` bool, labelled source documents that no teacher was trained on.
        multi_label: whether labels are independent.
    """

    teachers: tuple[str, ...]
    logits: Floats
    geometry: Floats
    domains: NDArray[np.str_]
    targets: Floats
    judged: NDArray[np.bool_]
    multi_label: bool = False

    @property
    def own(self) -> NDArray[np.bool_]:
        """``[N, K]``, whether a teacher learned from the domain of a document."""
        return np.asarray(self.domains[:, None] == np.array(self.teachers)[None, :])

    @property
    def names(self) -> list[str]:
        """The D domains of the documents, sorted."""
        return sorted(set(self.domains.tolist()))

    @property
    def places(self) -> NDArray[np.intp]:
        """``[N]``, the place of each document's domain in :attr:`names`."""
        return np.searchsorted(np.array(self.names), self.domains)
