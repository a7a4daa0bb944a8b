"""Which trackers a training of a run reports to, under which name, and that they are installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cdkd_kg.config import Config, Tracker, TrainingConfig
from cdkd_kg.errors import is_installed, need_installed
from cdkd_kg.stages import Job

if TYPE_CHECKING:
    from cdkd_kg.teachers.tracking import Tracking

TENSORBOARD: Tracker = "tensorboard"
"""The tracker that is told by itself, and the folder of its event files beside the report of a run."""


def tracking_of(config: Config, training: TrainingConfig, job: Job) -> Tracking:
    """Return where the losses of a job's training go: ``<run>/tensorboard/<stage>/<key>`` and a run of that name."""
    from cdkd_kg.teachers.tracking import Tracking

    by_itself: tuple[Tracker, ...] = (TENSORBOARD,) if is_installed(TENSORBOARD) else ()
    return Tracking(
        report_to=by_itself if training.report_to is None else training.report_to,
        name=f"{config.name}/{job.stage}/{job.key}",
        folder=config.folder / TENSORBOARD / job.stage / job.key,
    )


def check_trackers(config: Config, planned: Sequence[tuple[Job, bool]]) -> None:
    """Refuse a tracker that was asked for by name and is not installed, where a training is still to be done.

    Raises:
        MissingResourceError: it is not installed.
    """
    stages = {
        "text_teacher": ("teachers.text.training", config.teachers.text.training),
        **dict.fromkeys(("shared_student", "student"), ("distillation.training", config.distillation.training)),
    }
    for stage in sorted({job.stage for job, reused in planned if not reused} & stages.keys()):
        where, training = stages[stage]
        for name in training.report_to or ():
            need_installed(name, "tracking", f"{where}.report_to")
