"""From cases to jobs: which there are, which of them one seed needs, and which are still to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cdkd_kg.pipeline.plan import jobs_of
from cdkd_kg.pipeline.run import cache_of
from cdkd_kg.stages import Job, plan
from cdkd_kg.study.cases import Case


@dataclass(frozen=True)
class Planned:
    """A case and all its jobs, the evaluation last."""

    case: Case
    jobs: Sequence[Job]

    @property
    def cache(self) -> Path:
        """Where results of stages lie, shared by all cases."""
        return cache_of(self.case.config)

    @property
    def evaluation(self) -> Job:
        """The job that reads the students of all seeds."""
        return self.jobs[-1]

    def of_seed(self, seed: int) -> list[Job]:
        """Return the jobs that one seed needs, up to its students."""
        return [job for job in self.jobs[:-1] if _seed_of(job) in (None, seed)]


def plan_study(cases: Sequence[Case]) -> list[Planned]:
    """Return the jobs of every case; jobs of one fingerprint are done once."""
    return [Planned(case, jobs_of(case.config)) for case in cases]


def jobs_to_do(planned: Sequence[Planned]) -> list[tuple[str, Job, bool]]:
    """Return each job once with the first case that needs it, and whether its result is there."""
    seen: set[str] = set()
    found = []
    for one in planned:
        for job, reused in plan(one.jobs, one.cache):
            if job.fingerprint not in seen:
                seen.add(job.fingerprint)
                found.append((one.case.name, job, reused))
    return found


def _seed_of(job: Job) -> int | None:
    """Return the seed of a job's case, which stands second in it; None for what all seeds share."""
    case = job.options.get("case")
    return None if case is None else int(case[1])
