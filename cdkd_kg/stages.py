"""Stages that resume: a job runs only when no whole folder with its fingerprint is there.

A job's fingerprint is the SHA-256 of its stage, its options, the source code of the packages that do its work, and
the fingerprints of the jobs it needs, so a change of one option repeats exactly the jobs that depend on it, and a
result of other code is never taken for one of this. Folders are named by fingerprint and shared
between runs; a folder that is cut or altered is noticed and made again.
"""

from __future__ import annotations

import functools
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cdkd_kg.artifacts import (
    canonical_json,
    is_whole,
    new_folder,
    remove_unheld,
    scratch_folder,
    sha256_file,
    sha256_text,
    sweep,
    verify,
)
from cdkd_kg.energy import Meter
from cdkd_kg.errors import ArtifactError, ConfigError, nearest
from cdkd_kg.memory import Peak
from cdkd_kg.processes import barrier, from_first, is_first, world_size

logger = logging.getLogger(__name__)

WORKERS = {
    "corpus": ("data", "corpus"),
    "entities": ("entities", "graph"),
    "graph": ("entities", "graph"),
    "geometry": ("teachers",),
    "text_teacher": ("teachers",),
    "teacher_signal": ("teachers", "graph", "pipeline/conditions.py", "pipeline/text_opinion.py"),
    "shared_student": (
        "distillation",
        "export/bundle.py",
        "teachers",
        "pipeline/conditions.py",
        "pipeline/student_stage.py",
        "config_losses.py",
    ),
    "student": ("distillation", "export/bundle.py", "teachers", "pipeline/conditions.py", "config_losses.py"),
    "coverage": ("entities", "graph"),
    "evaluation": ("evaluation",),
}
"""The stages in their order, and the packages whose code, beside their own file, decides their results."""

STAGES = tuple(WORKERS)

TOGETHER = ("text_teacher", "student")
"""The stages that train: of several processes all work on their jobs. Those of other stages are the first one's."""

PEAK = "peak_bytes"
"""What a manifest calls the most memory that the first process held while the job was done."""

Work = Callable[["Job", Mapping[str, Path], Path], None]


@dataclass(frozen=True)
class Job:
    """One piece of a stage.

    Attributes:
        stage: one of :data:`STAGES`.
        key: what tells it from the other jobs of its stage, such as ``topic/seed0/graph_teacher``.
        options: everything but its inputs that its result depends on.
        needs: the jobs whose folders it reads, by the name it knows them under.
        work: given the job, the folders it needs and an empty folder, fills the folder.
        forced: whether it is to be done as if nothing had been done before.
    """

    stage: str
    key: str
    options: Mapping[str, Any]
    needs: Mapping[str, Job]
    work: Work = field(repr=False, compare=False)
    forced: bool = field(default=False, repr=False, compare=False)

    @functools.cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of what the result depends on."""
        needs = {name: job.fingerprint for name, job in self.needs.items()}
        return sha256_text(canonical_json(self._recipe | {"needs": needs}))

    @functools.cached_property
    def method(self) -> str:
        """The SHA-256 of what the result depends on beside the jobs it needs."""
        return sha256_text(canonical_json(self._recipe))

    @property
    def _recipe(self) -> dict[str, Any]:
        parts: dict[str, Any] = {
            "stage": self.stage,
            "options": self.options,
            "code": [code_digest(name) for name in (f"pipeline/{self.stage}_stage.py", *WORKERS[self.stage])],
        }
        if self.stage in TOGETHER and world_size() > 1:
            parts["processes"] = world_size()  # with each of which the batch is larger
        return parts

    def folder(self, cache: Path) -> Path:
        """Where the result lies."""
        return cache / f"{self.stage}-{self.fingerprint[:16]}"

    def workspace(self, cache: Path) -> Path:
        """Where it may keep what lets it go on after it was killed; it is gone when the result is there."""
        return cache / f"unfinished-{self.stage}-{self.fingerprint[:16]}"


@dataclass(frozen=True)
class Step:
    """What became of a job: how long it took when it ran, whether it was reused, and the energy, where metered."""

    stage: str
    key: str
    seconds: float
    reused: bool
    joules: float | None = None


def stage_named(name: str) -> str:
    """Return ``name`` if it is a stage (dashes count as underscores), else raise a :class:`ConfigError`."""
    wanted = name.replace("-", "_")
    if wanted not in STAGES:
        raise ConfigError(f"there is no stage {name!r}{nearest(wanted, STAGES)}", remedy=f"stages: {', '.join(STAGES)}")
    return wanted


def plan(
    jobs: Sequence[Job], cache: Path, until: str | None = None, force: str | None = None
) -> list[tuple[Job, bool]]:
    """Return the jobs up to stage ``until``, each with whether its result can be reused.

    ``force`` repeats that stage and everything after it.
    """
    last = STAGES.index(stage_named(until)) if until else len(STAGES)
    forced = _forced(force)
    return [
        (job, job.stage not in forced and is_whole(job.folder(cache)))
        for job in jobs
        if STAGES.index(job.stage) <= last
    ]


def run_jobs(planned: Sequence[tuple[Job, bool]], cache: Path, force: str | None = None) -> Iterator[tuple[Job, Step]]:
    """Do what is planned, in order, yielding each job before its successor starts.

    A result that its manifest disowns is made again. An interrupt leaves finished jobs as they are. Where another
    run, sharing the cache, finishes a job first, its folder stays, unless this run was told to ``force`` the stage.

    Of several processes the first decides what is reused, writes, and knows how long a job took.
    """
    forced = _forced(force)
    if is_first():
        sweep(cache)
    for job, reusable in planned:
        found = _reuse(job, cache) if reusable and is_first() else None
        if from_first(found is not None):
            step = found or Step(job.stage, job.key, 0.0, reused=True)
        else:
            step = _do(job, cache, job.stage in forced) if is_first() else _help(job, cache)
            barrier()
        yield job, step


def earlier(job: Job, cache: Path, says: str) -> Iterator[Path]:
    """Yield the folders of a job's stage that were made by its method of whatever inputs, by name.

    So that what such an input has in common with this job's need not be done twice. A job that is forced is shown none.

    Args:
        job: that is about to be done.
        cache: where the folders lie.
        says: the file that tells what a folder was made of. It and the manifest are verified, the rest is to be by
            whoever takes anything from the folder.
    """
    if job.forced:
        return
    for folder in sorted(cache.glob(f"{job.stage}-*")):
        try:
            method = verify(folder, [says]).get("method")
        except (ArtifactError, OSError):  # cut or altered, or another run is replacing it
            continue
        if method == job.method and is_whole(folder):
            yield folder


def _do(job: Job, cache: Path, forced: bool) -> Step:
    if forced:
        remove_unheld(job.workspace(cache))
    begin, meter = time.monotonic(), Meter()
    about: dict[str, Any] = {
        "stage": job.stage,
        "key": job.key,
        "fingerprint": job.fingerprint,
        "method": job.method,
        "options": dict(job.options),
    }
    with new_folder(job.folder(cache), about, keep_whole=not forced) as folder:
        with Peak() as peak:
            job.work(replace(job, forced=forced), _inputs(job, cache), folder)
        about |= {PEAK: peak.bytes, "seconds": round(time.monotonic() - begin, 2), "joules": meter.joules()}
    remove_unheld(job.workspace(cache))
    return Step(job.stage, job.key, about["seconds"], reused=False, joules=about["joules"])


def _help(job: Job, cache: Path) -> Step:
    """Work on a job that trains with the first process, which alone keeps what comes out."""
    if job.stage in TOGETHER:
        with scratch_folder(job.folder(cache)) as folder:
            job.work(job, _inputs(job, cache), folder)
    return Step(job.stage, job.key, 0.0, reused=False)


def _inputs(job: Job, cache: Path) -> dict[str, Path]:
    return {name: need.folder(cache) for name, need in job.needs.items()}


def _forced(force: str | None) -> tuple[str, ...]:
    if not force:
        return ()
    first = stage_named(force)
    # A student that shares its encoder is trained in a stage of its own, which a user need not know of.
    return STAGES[STAGES.index("shared_student" if first == "student" else first) :]


@functools.cache
def code_digest(name: str) -> str:
    """Return the SHA-256 of a module, or of the modules of a package, by its path under ``cdkd_kg``."""
    place = Path(__file__).parent / name
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    return sha256_text("\n".join(f"{file.relative_to(place.parent).as_posix()} {sha256_file(file)}" for file in files))


def _reuse(job: Job, cache: Path) -> Step | None:
    folder = job.folder(cache)
    try:
        about = verify(folder)
    except ArtifactError as error:
        logger.warning("%s It is made again.", error)
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return Step(job.stage, job.key, about.get("seconds", 0.0), reused=True, joules=about.get("joules"))
