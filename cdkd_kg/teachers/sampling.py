"""The order in which training rows are read: a pure function of seed and epoch, with little padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

BATCHES = 50
"""At most so many batches at a time are sorted by length, and a quarter of an epoch: batches must differ."""


class EpochSampler(Sampler[int]):
    """Gives the rows of each epoch; a run that was killed reads on where it was, whatever it had read before.

    Args:
        lengths: of the rows, in tokens.
        batch_size: rows that are padded together.
        seed: with the epoch, all that the order depends on.
        domains: of the rows; needed where ``exponent`` is given.
        exponent: as for :func:`epoch_order`.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        batch_size: int,
        seed: int,
        domains: Sequence[str] | None = None,
        exponent: float | None = None,
    ) -> None:
        self._lengths = np.asarray(lengths, dtype=np.int64)
        self._batch_size, self._seed, self._exponent = batch_size, seed, exponent
        self._domains = None if domains is None else np.unique(np.asarray(domains, dtype=str), return_inverse=True)[1]
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose rows are given next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        chance = np.random.default_rng([self._seed, self.epoch])
        order = epoch_order(self._lengths, self._batch_size, chance, self._domains, self._exponent)
        return iter(order.tolist())


def epoch_order(
    lengths: NDArray[np.int64],
    batch_size: int,
    chance: np.random.Generator,
    domains: NDArray[np.int64] | None = None,
    exponent: float | None = None,
) -> NDArray[np.int64]:
    r"""Return N rows in batches of like length; the last batch may be short.

    Rows are shuffled; some batches' worth at a time are sorted by length and cut into batches, and batches are
    shuffled. With an ``exponent`` :math:`\tau` each batch has its share of every domain d of :math:`n_d` rows,

    .. math:: p_d = \frac{n_d^\tau}{\sum_{d'} n_{d'}^\tau}

    so that 1 keeps the proportions and 0 lets all domains count alike; rows of domains that get more than they have
    come again, of the others some wait for another epoch. Rows of one batch then have the same rank of length, each
    within its own domain. A row meets itself in a batch only where its domain has fewer rows than places in it.

    Args:
        lengths: ``[N]``.
        batch_size: rows a batch.
        chance: decides.
        domains: ``[N]`` numbers of domains.
        exponent: τ, at least 0; None lets domains fall as they will.

    Source: for the shares, Conneau and Lample, Cross-lingual Language Model Pretraining, NeurIPS 2019, section 3.1.

    Example:
        >>> lengths, domains = np.array([9, 1, 9, 1, 5, 5]), np.array([0, 0, 0, 0, 1, 1])
        >>> order = epoch_order(lengths, 2, np.random.default_rng(0), domains, exponent=0)
        >>> domains[order].reshape(3, 2).sum(axis=1)
        array([1, 1, 1])
    """
    if exponent is None or domains is None:
        rows, domains = chance.permutation(len(lengths)), np.zeros(len(lengths), dtype=np.int64)
    else:
        rows = _spread(_drawn(domains, exponent, chance), chance)
    window = min(batch_size * BATCHES, len(rows) // 4, _distinct(rows, domains) - batch_size)
    size = batch_size * max(1, window // batch_size)
    parts = [_by_length(rows[start : start + size], lengths, domains) for start in range(0, len(rows), size)]
    ordered = np.concatenate(parts) if parts else rows
    whole = len(ordered) // batch_size
    batches = ordered[: whole * batch_size].reshape(whole, batch_size)
    return np.concatenate([batches[chance.permutation(whole)].ravel(), ordered[whole * batch_size :]])


def _drawn(domains: NDArray[np.int64], exponent: float, chance: np.random.Generator) -> list[NDArray[np.int64]]:
    """Return for each domain its rows of this epoch, as many in all as there are rows."""
    members = [np.flatnonzero(domains == domain) for domain in np.unique(domains)]
    shares = np.array([len(rows) for rows in members], dtype=float) ** exponent
    ends = np.round(np.cumsum(shares) / shares.sum() * len(domains)).astype(int)
    counts = np.diff(ends, prepend=0)
    return [np.resize(chance.permutation(rows), count) for rows, count in zip(members, counts.tolist(), strict=True)]


def _distinct(rows: NDArray[np.int64], domains: NDArray[np.int64]) -> int:
    """Return how many rows in a row are all different, where those that come again come in the same order."""
    known, drawn = (np.bincount(domains[some], minlength=1) for some in (np.unique(rows), rows))
    return int(len(rows) * min((have / taken for have, taken in zip(known, drawn, strict=True) if taken), default=1))


def _spread(parts: Sequence[NDArray[np.int64]], chance: np.random.Generator) -> NDArray[np.int64]:
    """Return the rows of all parts so that every stretch has its share of each."""
    places = [(np.arange(len(part)) + chance.random()) / max(1, len(part)) for part in parts]
    return np.concatenate(parts)[np.argsort(np.concatenate(places), kind="stable")]


def _by_length(rows: NDArray[np.int64], lengths: NDArray[np.int64], domains: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return rows by their rank of length within their own domain, longest first."""
    rank = np.zeros(len(rows))
    for domain in np.unique(domains[rows]):
        mine = np.flatnonzero(domains[rows] == domain)
        longest = mine[np.argsort(-lengths[rows[mine]], kind="stable")]
        rank[longest] = (np.arange(len(mine)) + 0.5) / len(mine)
    return rows[np.argsort(rank, kind="stable")]
