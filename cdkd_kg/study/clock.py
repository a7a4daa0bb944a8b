"""How long a study will still take, from what its finished jobs took."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from cdkd_kg.artifacts import MANIFEST, is_whole, read_json
from cdkd_kg.stages import Job


class Clock:
    r"""Counts jobs and tells the time left.

    .. math:: t = \sum_s n_s \, \mathrm{median}(t_s)

    with :math:`n_s` the jobs of stage s that are still to do and :math:`t_s` the seconds of its finished ones, those
    of earlier runs too. A stage of which none is finished counts with the median of all finished jobs.

    Args:
        jobs: every job of the study; the same job of several cases counts once.
        cache: where finished jobs lie.
    """

    def __init__(self, jobs: Iterable[Job], cache: Path) -> None:
        once = {job.fingerprint: job for job in jobs}
        self._left: Counter[str] = Counter()
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self.total = len(once)
        for job in once.values():
            folder = job.folder(cache)
            if is_whole(folder):
                self._seconds[job.stage].append(float(read_json(folder / MANIFEST)["about"].get("seconds", 0)))
            else:
                self._left[job.stage] += 1

    @property
    def done(self) -> int:
        """How many jobs are finished."""
        return self.total - self._left.total()

    def tick(self, stage: str, seconds: float) -> None:
        """Note that a job is finished and how long it took."""
        self._seconds[stage].append(seconds)
        self._left[stage] = max(self._left[stage] - 1, 0)

    def seconds_left(self) -> float | None:
        """Return the seconds that the rest will take; None where nothing was measured yet."""
        everything = [seconds for mine in self._seconds.values() for seconds in mine]
        if not everything:
            return None
        usual = median(everything)
        return sum(
            count * (median(self._seconds[stage]) if self._seconds.get(stage) else usual)
            for stage, count in self._left.items()
        )
