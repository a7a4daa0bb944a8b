"""Drawing by a hash: the same rows for the same seed, whatever the order they come in."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping


def draw_key(seed: int, name: str) -> str:
    """Return the place of ``name`` in the drawing of ``seed``: SHA-256 of both, as hexadecimal digits."""
    return hashlib.sha256(f"{seed}\0{name}".encode()).hexdigest()


def stratified_order(strata: Mapping[str, str], seed: int, *, cover: bool = False) -> list[str]:
    r"""Order names so that every prefix holds each stratum in proportion, as nearly as whole rows allow.

    The a-th of the n names of a stratum, by hash and counted from 0, gets the place

    .. math:: (2a + 1) / 2n

    so that taking more never drops what was taken before (the divisor method of Sainte-Lague).

    Args:
        strata: name to stratum.
        seed: of the drawing.
        cover: let one name of each stratum go before all others.
    """
    members: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, stratum in strata.items():
        members[stratum].append((draw_key(seed, name), name))
    places = []
    for group in members.values():
        for a, (key, name) in enumerate(sorted(group)):
            place = -1.0 if cover and a == 0 else (2 * a + 1) / (2 * len(group))
            places.append((place, key, name))
    return [name for _, _, name in sorted(places)]
