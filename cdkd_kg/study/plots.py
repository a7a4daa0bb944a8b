"""The figure of a study: gains with intervals, against whatever they may depend on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from cdkd_kg.evaluation.palette import MARKERS, light, series
from cdkd_kg.evaluation.plots import WIDTH
from cdkd_kg.evaluation.svg import drawing, short, to_svg
from cdkd_kg.evaluation.words import condition_name
from cdkd_kg.study.curves import places_of

SPREAD = 0.09
"""How far apart lines are set at one place, so that their intervals do not hide each other."""


def gains(curves: Sequence[Mapping[str, Any]], at: str, title: str) -> str:
    """Draw one line a curve: gains in points with their 95 % intervals, at evenly spaced places.

    Args:
        curves: of :mod:`cdkd_kg.study.curves`: ``name`` and ``points`` with ``at``, ``difference``, ``low``, ``high``.
        at: what the horizontal axis shows.
        title: what the figure shows.
    """
    places = places_of(curves)
    with drawing():
        figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
        axes = figure.subplots()
        axes.axhline(0, color=light("soft"), linewidth=1, linestyle=(0, (4, 3)))
        for number, curve in enumerate(curves):
            name = curve["name"]
            colour = light(name) if name in MARKERS else light(series(number))
            shift = SPREAD * (number - (len(curves) - 1) / 2)
            where = [places.index(point["at"]) + shift for point in curve["points"]]
            middle = [100 * point["difference"] for point in curve["points"]]
            for place, point in zip(where, curve["points"], strict=True):
                axes.plot([place, place], [100 * point["low"], 100 * point["high"]], color=colour, linewidth=1.4)
            marker, edge = MARKERS.get(name, "o"), light("paper")
            axes.plot(
                where, middle, marker=marker, linestyle="-", color=colour, linewidth=1.6, markersize=7,
                markeredgecolor=edge, markeredgewidth=0.7, label=short(condition_name(name), 40),
            )  # fmt: skip
        axes.set_xticks(range(len(places)), [short(place, 24) for place in places])
        axes.set(xlabel=at, ylabel="gain, points", xlim=(-0.5, len(places) - 0.5))
        axes.grid(axis="y")
        axes.tick_params(length=0)
        axes.legend(fontsize=8, ncols=2)
        return to_svg(figure, title)
