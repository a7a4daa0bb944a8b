"""The range in which a temperature is sought; at its ends, none was found that fits."""

from __future__ import annotations

LOWEST, HIGHEST = 0.05, 20.0


def at_bound(temperature: float) -> bool:
    """Say whether a fitted temperature is the lowest or the highest that is tried."""
    return not LOWEST < temperature < HIGHEST
