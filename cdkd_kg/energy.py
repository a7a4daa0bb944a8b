"""How much energy the processors took, where the machine meters it and lets us read it."""

from __future__ import annotations

from pathlib import Path

PACKAGES = Path("/sys/class/powercap")
"""Where Linux shows the counters of RAPL; one whose name has a single colon is of a whole processor."""


class Meter:
    """Counts what all processors of the machine take from now on, whoever they work for.

    Source: Running Average Power Limit, Linux kernel documentation, power/powercap.

    Args:
        folder: with the counters.

    Example:
        >>> Meter(Path("/nowhere")).joules() is None
        True
    """

    def __init__(self, folder: Path = PACKAGES) -> None:
        self._folder = folder
        self._begin = self._counters()

    def joules(self) -> float | None:
        """Return what was taken since it was made; None where nothing is metered.

        A counter begins anew at its end: one that did so once is right, and a longer time cannot be told.
        """
        now = self._counters()
        if not self._begin or now.keys() != self._begin.keys():
            return None
        return round(sum(self._taken(name, count) for name, count in now.items()) / 1e6, 1)

    def _taken(self, name: str, now: int) -> int:
        begin = self._begin[name]
        return now - begin if now >= begin else now - begin + _number(self._folder / name / "max_energy_range_uj")

    def _counters(self) -> dict[str, int]:
        """Return microjoules by processor; none where one of them may not be read."""
        names = [path.name for path in self._folder.glob("intel-rapl:*") if path.name.count(":") == 1]
        try:
            return {name: _number(self._folder / name / "energy_uj") for name in sorted(names)}
        except (OSError, ValueError):
            return {}


def _number(file: Path) -> int:
    return int(file.read_text("ascii"))
