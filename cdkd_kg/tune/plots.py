"""The figures of a search: scores in the order of trials, and what mattered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cdkd_kg.evaluation.palette import light
from cdkd_kg.evaluation.plots import WIDTH
from cdkd_kg.evaluation.svg import drawing, short, to_svg

KINDS = {"complete": ("o", "judged by all seeds"), "pruned": ("x", "stopped early")}


def history(trials: Sequence[Mapping[str, Any]], metric: str, title: str) -> str:
    """Draw the score of every trial that has one, and the best so far among those judged by all seeds."""
    with drawing():
        figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
        axes = figure.subplots()
        for state, (marker, label) in KINDS.items():
            mine = [trial for trial in trials if trial["state"] == state]
            if mine:
                where, scores = [one["number"] for one in mine], [100 * one["score"] for one in mine]
                colour = light("fill" if state == "complete" else "soft")
                axes.plot(where, scores, marker, color=colour, markersize=6, label=label)
        best = _best_so_far(trials)
        axes.step(
            list(best), [100 * score for score in best.values()], where="post", color=light("ink"), label="best so far"
        )
        axes.set(xlabel="trial", ylabel=f"{metric}, %")
        axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
        axes.grid(axis="y")
        axes.tick_params(length=0)
        axes.legend(fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
        return to_svg(figure, title)


def importance(shares: Mapping[str, float], title: str) -> str:
    """Draw one bar a key, the largest share on top."""
    keys = list(shares)
    with drawing():
        figure = Figure(figsize=(WIDTH, 0.7 + 0.32 * len(keys)), layout="constrained")
        axes = figure.subplots()
        axes.barh(range(len(keys)), [100 * shares[key] for key in keys], height=0.6, color=light("fill"))
        axes.set_yticks(range(len(keys)), [short(key, 60) for key in keys])
        axes.invert_yaxis()
        axes.set_xlabel("share, %")
        axes.grid(axis="x")
        axes.tick_params(length=0)
        return to_svg(figure, title)


def _best_so_far(trials: Sequence[Mapping[str, Any]]) -> dict[int, float]:
    best: dict[int, float] = {}
    for trial in trials:
        if trial["state"] == "complete":
            best[trial["number"]] = max([trial["score"], *best.values()])
    return best
