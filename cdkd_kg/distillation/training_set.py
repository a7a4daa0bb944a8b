"""What a student is trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TrainingSet:
    """N training texts of one task, by sorted id.

    Rows of -1 in ``targets`` (``[N, C]``) are unlabelled; of a regression, whose values may be -1, rows of NaN are.

    ``domains`` are needed only where batches are to have their share of each.
    """

    ids: Sequence[str]
    text_hashes: Sequence[str]
    texts: Sequence[str]
    targets: NDArray[np.float32]
    domains: Sequence[str] | None = None

    def labelled(self, regression: bool = False) -> TrainingSet:
        """Return the labelled rows alone."""
        known = np.isfinite(self.targets) if regression else self.targets >= 0
        rows = np.flatnonzero(known.all(axis=1)).tolist()
        return TrainingSet(
            ids=[self.ids[row] for row in rows],
            text_hashes=[self.text_hashes[row] for row in rows],
            texts=[self.texts[row] for row in rows],
            targets=self.targets[rows],
            domains=None if self.domains is None else [self.domains[row] for row in rows],
        )
