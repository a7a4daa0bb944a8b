"""The charts of the report, as SVG: scores with intervals, confusion, calibration, learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from cdkd_kg.evaluation.palette import MARKERS, light, series
from cdkd_kg.evaluation.svg import drawing, short, to_svg
from cdkd_kg.evaluation.words import METRICS, condition_name, number, percent, span

WIDTH = 8.6
MOST_CLASSES = 30
"""A confusion matrix of more classes cannot be read."""
TEACHER = "teacher"
"""What the learning curves of text teachers are called, with the domain behind it where each has one."""
PANEL = 125
"""How far apart the panels of a reliability diagram are, in percent of one."""

Scores = Mapping[str, Mapping[str, Any]]


def score_intervals(students: Mapping[str, Scores], domains: Mapping[str, str], metric: str, title: str) -> str:
    """Draw mean, interval and single seeds of every condition, one group a domain; domains without rows are left out.

    Args:
        students: ``{condition: {domain: {"n", "scores"}}}``.
        domains: in the order to be drawn, each with what it is called.
        metric: which score; a share.
        title: what the figure shows.
    """
    groups = [domain for domain in domains if any(students[name].get(domain, {}).get("n") for name in students)]
    conditions = list(students)
    step = len(conditions) + 1.6
    height = 0.55 + len(groups) * step * 0.235
    with drawing():
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.subplots()
        places, names = [], []
        for group, domain in enumerate(groups):
            top = group * step
            axes.text(
                0, top, short(domains[domain], 70), transform=axes.get_yaxis_transform(), va="center", weight="bold"
            )
            for row, condition in enumerate(conditions, start=1):
                entry = students[condition].get(domain, {})
                if entry.get("n"):
                    _interval(axes, top + row, condition, entry["scores"][metric])
                    places.append(top + row)
                    names.append(condition_name(condition))
        axes.set_yticks(places, names)
        axes.set_ylim(len(groups) * step - 1, -0.7)
        axes.set_xlabel(f"{METRICS[metric].name}, %")
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        axes.tick_params(length=0)
        return to_svg(figure, title)


def _interval(axes: Axes, height: float, condition: str, score: Mapping[str, Any]) -> None:
    colour = light(condition) if condition in MARKERS else light("ink")
    low, mean, high = (100 * score[key] for key in ("low", "mean", "high"))
    axes.plot([low, high], [height, height], color=colour, linewidth=2.2, solid_capstyle="butt")
    if len(score["seeds"]) > 1:
        seeds = 100 * np.asarray(score["seeds"])
        axes.plot(seeds, np.full(len(seeds), height), "|", color=colour, markersize=8, markeredgewidth=0.8)
    marker, edge = MARKERS.get(condition, "o"), light("paper")
    axes.plot(
        mean,
        height,
        marker=marker,
        linestyle="none",
        color=colour,
        markersize=7.5,
        markeredgecolor=edge,
        markeredgewidth=0.7,
    )
    text = f"{percent(score['mean'])}  ({span(score['low'], score['high'])})"
    axes.text(1.01, height, text, transform=axes.get_yaxis_transform(), va="center", fontsize=8)


def confusion_matrix(matrix: Sequence[Sequence[int]], labels: Sequence[str], title: str) -> str:
    """Draw a confusion matrix ``[C][C]``: rows the true class, each row in percent of its documents."""
    counts = np.asarray(matrix, dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    many = len(labels) > 12
    cell = 0.3 if many else 0.52
    side = cell * len(labels)
    with drawing():
        figure = Figure(figsize=(side + 2.1, side + 1.5), layout="constrained")
        axes = figure.subplots()
        for row, column in zip(*np.nonzero(shares > 0.004), strict=True):
            share = float(shares[row, column])
            axes.add_patch(
                Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=light("fill"), alpha=0.06 + 0.94 * share)
            )
            colour = light("on-fill") if share > 0.5 else light("ink")
            text = number(100 * share, 0)
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=7 if many else 9)
        names = [short(label, 18) for label in labels]
        axes.set_xticks(range(len(labels)), names, rotation=90 if many else 35, ha="center" if many else "right")
        axes.set_yticks(range(len(labels)), names)
        axes.set(xlim=(-0.5, len(labels) - 0.5), ylim=(len(labels) - 0.5, -0.5), aspect="equal")
        axes.set(xlabel="predicted class", ylabel="true class, % of its documents")
        axes.tick_params(length=0)
        return to_svg(figure, title)


def reliability_diagrams(tables: Mapping[str, Sequence[Mapping[str, float]]], title: str) -> str:
    """Draw, for each condition, the share of right answers over confidence, beside the line of perfect calibration.

    The area of a dot grows with the number of answers in its bin.

    Args:
        tables: by condition, bins with ``confidence``, ``accuracy`` and ``count``.
        title: what the figure shows.
    """
    with drawing():
        figure = Figure(figsize=(0.5 + 1.55 * len(tables), 2.1), layout="constrained")
        axes = figure.subplots()
        # One set of axes for all panels: a page has many of these, and axes are what takes matplotlib its time.
        for place, (condition, bins) in enumerate(tables.items()):
            _reliability(axes, place * PANEL, condition, bins)
        ticks = [(place * PANEL + at, str(at)) for place in range(len(tables)) for at in (0, 50, 100)]
        axes.set_xticks([at for at, _ in ticks], [name for _, name in ticks])
        axes.set(xlim=(-6, len(tables) * PANEL - PANEL + 106), ylim=(-6, 106), yticks=(0, 50, 100), aspect="equal")
        axes.set(xlabel="confidence, %", ylabel="right answers, %")
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(length=0)
        return to_svg(figure, title)


def _reliability(axes: Axes, left: float, condition: str, bins: Sequence[Mapping[str, float]]) -> None:
    colour = light(condition) if condition in MARKERS else light("ink")
    for at in (0, 50, 100):
        axes.plot([left, left + 100], [at, at], color=light("line"), linewidth=0.6)
        axes.plot([left + at, left + at], [0, 100], color=light("line"), linewidth=0.6)
    total = sum(row["count"] for row in bins)
    sure = [left + 100 * row["confidence"] for row in bins]
    right = [100 * row["accuracy"] for row in bins]
    axes.plot([left, left + 100], [0, 100], color=light("soft"), linewidth=1, linestyle=(0, (4, 3)))
    axes.plot(sure, right, color=colour, linewidth=1.2)
    sizes = [8 + 150 * row["count"] / total for row in bins]
    axes.scatter(sure, right, sizes, color=colour, edgecolor=light("paper"), linewidth=0.8, zorder=3)
    axes.text(left, 110, condition_name(condition))


def learning_curves(curves: Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]], title: str) -> str:
    """Draw the training loss over steps: thin lines the seeds, the strong line their mean.

    Args:
        curves: ``{condition: {seed: [{"step", "loss"}]}}``; the text teachers, which are called ``teacher`` or
            ``teacher <domain>``, get a panel of their own.
        title: what the figure shows.
    """
    teachers = {name: runs for name, runs in curves.items() if name.split(" ")[0] == TEACHER}
    panels = {
        "students": {name: runs for name, runs in curves.items() if name not in teachers},
        f"text teacher{'s' * (len(teachers) > 1)}": teachers,
    }
    shown = {name: found for name, found in panels.items() if any(any(runs.values()) for runs in found.values())}
    with drawing():
        figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
        ratios = [2 if name == "students" else 1 for name in shown]
        grid = figure.subplots(1, len(shown), squeeze=False, width_ratios=ratios)[0]
        for axes, (name, found) in zip(grid, shown.items(), strict=True):
            for place, (condition, runs) in enumerate(found.items()):
                _curve(axes, condition, list(runs.values()), place)
            axes.set(title=name, xlabel="optimiser step", ylim=(0, None))
            axes.grid()
            if name != "text teacher":  # one line needs no legend
                axes.legend(fontsize=8, ncols=2 if name == "students" else 1)
        grid[0].set_ylabel("training loss")
        return to_svg(figure, title)


def _curve(axes: Axes, condition: str, runs: Sequence[Sequence[Mapping[str, float]]], place: int) -> None:
    colour = light(condition) if condition in MARKERS else light(series(place))
    for run in runs:
        axes.plot([at["step"] for at in run], [at["loss"] for at in run], color=colour, linewidth=0.6, alpha=0.45)
    steps = sorted(set.intersection(*({at["step"] for at in run} for run in runs)))
    mean = [np.mean([at["loss"] for run in runs for at in run if at["step"] == step]) for step in steps]
    name = condition.removeprefix(f"{TEACHER} ") if condition not in MARKERS else condition_name(condition)
    axes.plot(steps, mean, color=colour, linewidth=1.8, label=short(name, 24))
