"""The time left, against a sum worked out by hand."""

from pathlib import Path

import pytest

from cdkd_kg.artifacts import new_folder
from cdkd_kg.stages import Job
from cdkd_kg.study.clock import Clock


def job(stage: str, number: int) -> Job:
    return Job(stage, str(number), {"number": number}, {}, lambda *_: None)


def test_the_time_left_is_the_median_of_each_stage_times_what_is_left(tmp_path: Path):
    jobs = [job("student", number) for number in range(5)] + [job("evaluation", 0)]
    for number, seconds in enumerate((10, 50)):
        with new_folder(jobs[number].folder(tmp_path), {"seconds": seconds}):
            pass
    clock = Clock([*jobs, *jobs], tmp_path)
    assert (clock.done, clock.total) == (2, 6)
    assert clock.seconds_left() == 4 * 30
    clock.tick("student", 12)
    assert clock.done == 3
    assert clock.seconds_left() == 2 * 12 + 12
    clock.tick("evaluation", 100)
    assert clock.seconds_left() == 2 * 12


def test_before_anything_is_measured_nothing_is_said(tmp_path: Path):
    assert Clock([job("corpus", 0)], tmp_path).seconds_left() is None


def test_when_all_is_done_nothing_is_left(tmp_path: Path):
    with new_folder(job("corpus", 0).folder(tmp_path), {"seconds": 3}):
        pass
    assert Clock([job("corpus", 0)], tmp_path).seconds_left() == pytest.approx(0)
