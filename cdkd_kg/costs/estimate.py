"""What a run will take, from what it took: straight lines, stage by stage, and how far they were off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import nnls

from cdkd_kg.costs.calibration import Calibration, Point
from cdkd_kg.errors import ConfigError
from cdkd_kg.stages import STAGES

SPREAD = ("entities", "text_teacher", "student")
"""The stages that several machines share: texts are read by Ray, and those that train are trained under torchrun."""
LABELS = ("text_teacher",)
"""The stages that take longer with more labels, whatever the number of documents."""
WHOLE = ("corpus",)
"""The stages that read all that there is, whatever is kept of it: with more documents there is as much more to read."""
FEWEST = 3
"""So many sizes make a line that one of them can be held against."""
MEASURES = ("seconds", "memory", "disk")


@dataclass(frozen=True)
class Line:
    r"""What a stage takes, :math:`y = a + b \cdot \text{documents} + c \cdot \text{labelled}`, none of them negative.

    They are least squares of relative errors, so that small sizes count as much as large ones. Where a stage does not
    ask for labels, c is 0.

    Source: Lawson & Hanson, Solving Least Squares Problems, 1974 (non-negative least squares).

    Attributes:
        fixed: a.
        document: b.
        label: c.
        r2: the share of the variance of y that it tells, 1 where y does not vary; None where one size alone is told.

    Example:
        >>> line = fitted([Point(100, 5, {}), Point(200, 5, {})], [3.0, 5.0], labels=False)
        >>> round(line.at(1000, 5), 6)
        21.0
    """

    fixed: float
    document: float
    label: float
    r2: float | None

    def at(self, documents: int, labelled: int) -> float:
        """Return y."""
        return self.fixed + self.document * documents + self.label * labelled


@dataclass(frozen=True)
class Cost:
    """What a stage will take: seconds, bytes of memory on one machine, bytes on disk; and R² of the seconds' line."""

    stage: str
    seconds: float
    memory: float
    disk: float
    r2: float | None


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Attributes:
        documents: so many there are.
        labelled: of which so many have a label that may be used.
        stages: what each takes.
        errors: how far off seconds, memory and disk of the largest run that was measured are, when they are estimated
            from smaller ones alone, as a share of it. Stages of :data:`WHOLE` are left out: each size had as much to
            read, so one says nothing of another.
    """

    documents: int
    labelled: int
    stages: tuple[Cost, ...]
    errors: dict[str, float]

    @property
    def seconds(self) -> float:
        """The time of all stages, one after another."""
        return sum(one.seconds for one in self.stages)

    @property
    def memory(self) -> float:
        """The memory of the stage that needs most."""
        return max(one.memory for one in self.stages)

    @property
    def disk(self) -> float:
        """The place that all results take."""
        return sum(one.disk for one in self.stages)

    def money(self, price: float, machines: int) -> float:
        """Return what so many machines cost for as long, at a price an hour for each."""
        return self.seconds / 3600 * price * machines


def estimate(calibration: Calibration, documents: int, labels_per_class: int | None, machines: int = 1) -> Estimate:
    """Return what a run of so many documents takes on so many machines like the one that was measured.

    Machines are taken to share the work of :data:`SPREAD` evenly and at no cost.

    Raises:
        ConfigError: there were not enough sizes to draw a line.
    """
    points = calibration.points
    sizes = sorted({one.documents for one in points})
    if len(sizes) < FEWEST:
        raise ConfigError(
            f"{FEWEST} sizes at least have to be measured", where=f"{sizes} documents", remedy="measure it again"
        )
    labelled = _labelled(calibration, documents, labels_per_class)
    costs = _costs(points, documents, labelled)
    shared = [replace(one, seconds=one.seconds / (machines if one.stage in SPREAD else 1)) for one in costs]
    return Estimate(documents, labelled, tuple(shared), _errors(points, sizes[-1]))


def _errors(points: Sequence[Point], largest: int) -> dict[str, float]:
    smaller = [one for one in points if one.documents < largest]
    held = next(one for one in points if one.documents == largest)
    told = [one for one in _costs(smaller, held.documents, held.labelled) if one.stage not in WHOLE]
    used = [held.stages[one.stage] for one in told]
    found, together = {}, {"seconds": sum, "memory": max, "disk": sum}
    for what in MEASURES:
        of_all: Any = together[what]
        said, true = (of_all(getattr(one, what) for one in some) for some in (told, used))
        found[what] = abs(said - true) / true
    return found


def lines(points: Sequence[Point]) -> dict[str, dict[str, Line]]:
    """Return the lines of seconds, memory and disk of every stage."""
    return {
        stage: {what: _line(points, stage, what) for what in MEASURES}
        for stage in sorted(points[0].stages, key=STAGES.index)
    }


def _line(points: Sequence[Point], stage: str, what: str) -> Line:
    values = [float(getattr(one.stages[stage], what)) for one in points]
    if stage in WHOLE and what != "memory":
        most = max(one.documents for one in points)
        used = [value for one, value in zip(points, values, strict=True) if one.documents == most]
        return Line(0.0, used[0] / most, 0.0, None)
    return fitted(points, values, labels=stage in LABELS)


def fitted(points: Sequence[Point], values: Sequence[float], *, labels: bool) -> Line:
    """Return the line of what some sizes took, one value a point."""
    y = np.maximum(np.array(values, dtype=float), 1e-9)
    columns = [np.ones(len(points)), np.array([one.documents for one in points], dtype=float)]
    if labels:
        columns.append(np.array([one.labelled for one in points], dtype=float))
    matrix = np.stack(columns, axis=1)
    scale = matrix.max(axis=0).clip(min=1)
    found = nnls(matrix / scale / y[:, None], np.ones(len(points)))[0] / scale
    left, around = ((y - matrix @ found) ** 2).sum(), ((y - y.mean()) ** 2).sum()
    fixed, document, label = [*found, 0.0][:3]
    return Line(float(fixed), float(document), float(label), 1.0 if around == 0 else float(1 - left / around))


def _costs(points: Sequence[Point], documents: int, labelled: int) -> list[Cost]:
    return [
        Cost(stage, **{what: about[what].at(documents, labelled) for what in MEASURES}, r2=about["seconds"].r2)
        for stage, about in lines(points).items()
    ]


def _labelled(calibration: Calibration, documents: int, labels_per_class: int | None) -> int:
    """Return how many labels there would be: all that come with so many documents, or as many as the budget allows."""
    known = round(documents * calibration.share_labelled)
    return known if labels_per_class is None else min(labels_per_class * calibration.cells, known)
