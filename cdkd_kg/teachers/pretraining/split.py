"""Triples held out so that whatever is asked of has been seen in training."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cdkd_kg.errors import ConfigError, DataRefusedError


def held_out_split(triples: Tensor, share: float, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Split triples ``[T, 3]`` into training, validation and test, the latter two ``share`` of them each.

    Triples between the same two entities, whatever their relation and direction, go to one part: else the
    inverse of a held-out triple would give it away (Toutanova and Chen, Observed versus Latent Features for
    Knowledge Base and Text Inference, 2015). The first triple of each entity and of each relation, in random order,
    stays in training with all that goes with it. Where too little is left the two parts are smaller than asked for.

    Raises:
        ConfigError: the share is not between 0 and one half.
        DataRefusedError: nothing can be held out.
    """
    if not 0 < share < 0.5:
        raise ConfigError(f"a share of {share} cannot be held out twice", remedy="choose one above 0 and below 0.5")
    triples = torch.unique(triples, dim=0)
    ends = triples[:, [0, 2]].sort(dim=1).values
    pair = torch.unique(ends, dim=0, return_inverse=True)[1]
    pairs = int(pair.max()) + 1 if len(pair) else 0
    order = torch.randperm(pairs, generator=torch.Generator().manual_seed(seed))
    place = torch.empty_like(order)
    place[order] = torch.arange(pairs)
    kept = torch.zeros(pairs, dtype=torch.bool)
    places, (heads, relations, tails) = place[pair], triples.unbind(1)
    for names, where in ((torch.cat([heads, tails]), places.repeat(2)), (relations, places)):
        kept[order[_smallest(where, names)]] = True
    return _parts(triples, pair, order[~kept[order]], share)


def _smallest(values: Tensor, names: Tensor) -> Tensor:
    """Return the smallest value that goes with each distinct name."""
    distinct, which = torch.unique(names, return_inverse=True)
    return torch.full((len(distinct),), torch.iinfo(torch.long).max).scatter_reduce(0, which, values, "amin")


def _parts(triples: Tensor, pair: Tensor, free: Tensor, share: float) -> tuple[Tensor, Tensor, Tensor]:
    """Deal out the free pairs in their order: to each part what is wanted, or half of what there is."""
    sizes = torch.bincount(pair)[free].cumsum(0)
    wanted = min(math.ceil(share * len(triples)), int(sizes[-1]) // 2 if len(sizes) else 0)
    first, second = (torch.searchsorted(sizes, torch.tensor([wanted, 2 * wanted])) + 1).tolist()
    validation, test = (torch.isin(pair, part) for part in (free[:first], free[first:second]))
    if not wanted or not test.any():
        raise DataRefusedError(
            "no triple can be held out",
            why=f"without any of the {len(triples)} triples some entity or relation would be unseen in training",
            remedy="train on a graph with more relations between its entities",
        )
    return triples[~(validation | test)], triples[validation], triples[test]
