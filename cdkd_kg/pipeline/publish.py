"""What a run leaves for its user: students, tables, results and report, never of two runs at once."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cdkd_kg.artifacts import new_folder, write_bytes, write_json, write_text
from cdkd_kg.evaluation.answered import RESULTS

REPORT, STUDENTS = "report.html", "students"


def publish(folder: Path, students: Mapping[str, Path], files: Sequence[Path], results: dict[str, Any]) -> None:
    """Put students, files of stages, results and report into the folder of a run, in the place of older ones.

    The report is drawn and the students are copied aside before anything is touched. Then the old report and results
    go first and the new ones come last, so that where this is cut short they are missing rather than of another run;
    the same command makes them again.

    Args:
        folder: the run's folder; other files in it stay.
        students: the model folder of each student, by name.
        files: that are copied under their own names, such as the rows set aside.
        results: the content of ``results.json``.
    """
    from cdkd_kg.evaluation.report import render_report

    report = render_report(results)
    with new_folder(folder / STUDENTS) as fresh:
        for name, model in students.items():
            shutil.copytree(model, fresh / name)
        for name in (REPORT, RESULTS):
            (folder / name).unlink(missing_ok=True)
    for file in files:
        write_bytes(folder / file.name, file.read_bytes())
    write_json(folder / RESULTS, results)
    write_text(folder / REPORT, report)
