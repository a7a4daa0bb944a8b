"""The tables of a study and the sentences above them: the same on the page and in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.table import as_markdown, plain
from cdkd_kg.evaluation.view import Cell, Table, empty
from cdkd_kg.evaluation.words import CONDITIONS, condition_name, in_text, number, p_value, percent, plural, points, span
from cdkd_kg.study.curves import places_of
from cdkd_kg.study.questions import MET, UNKNOWN

Found = Mapping[str, Any]
Row = list[Cell | str]
CURVES = {
    "budget": (
        "Gain against label budget",
        "label budget",
        "No dimension of the study is called budget.",
    ),
    "dropped": (
        "Gain against edges dropped",
        "edges dropped, %",
        "No condition that drops edges (dropped_25, dropped_50, dropped_75) ran in this study.",
    ),
    "coverage": (
        "Gain against entity coverage",
        "test documents",
        "Linked mentions of test documents were not counted (evaluation.coverage).",
    ),
}
"""By kind: the title, what the horizontal axis shows, and what is said where there is nothing to draw."""
FEW_PAIRS = 5
"""With fewer domain pairs than this an interval over pairs is a guess."""


def overview(results: Found) -> Table:
    """Return one row a question: what was asked, what came out, and the verdict."""
    rows: list[Row] = []
    for found in results["questions"]:
        mean = found["mean"]
        what = Cell(found["name"], f"{condition_name(found['a'])} against {condition_name(found['b'])}")
        verdict = Cell(found["verdict"], strong=found["verdict"] == MET)
        said = [_gain(mean), p_value(mean["holm"]), f"{mean['pairs']}"] if mean else [empty()] * 3
        rows.append([what, *said, number(found["at_least"]), verdict])
    columns = ["Question", "Gain, points", "p, corrected", "Domain pairs", "At least", "Verdict"]
    return Table("The questions", columns, rows, frozenset({5}))


def of_scores(results: Found) -> Table:
    """Return the mean over seeds of every student, one row a case and domain, targets first."""
    scores = sorted(results["scores"], key=lambda row: row["role"] != "target")
    dimensions = list(scores[0]["choices"])
    ran = {name for row in scores for name in row["students"]}
    names = [name for name in CONDITIONS if name in ran]
    rows: list[Row] = [
        [
            *row["choices"].values(),
            f"{row['domain']} ({row['role']})",
            f"{row['documents']:,}",
            *(percent(row["students"][name]) if name in row["students"] else empty() for name in names),
        ]
        for row in scores
    ]
    metrics = sorted({in_text(row["metric"]) for row in scores})
    columns = [*dimensions, "domain", "test documents", *map(condition_name, names)]
    title = f"Students: {' and '.join(metrics)}, mean over {plural(len(results['seeds']), 'seed')}"
    return Table(title, columns, rows, frozenset(range(len(dimensions) + 1)))


def of_question(found: Found) -> Table:
    """Return one row a case and domain, and their mean over domain pairs in the last."""
    dimensions = list(found["rows"][0]["choices"])
    a, b = (condition_name(found[key]) for key in ("a", "b"))
    rows: list[Row] = [
        [
            *row["choices"].values(),
            row["domain"],
            f"{row['documents']:,}",
            percent(row["score_a"]),
            percent(row["score_b"]),
            _gain(row),
            p_value(row["p"]),
            f"{sum(seed > 0 for seed in row['seeds'])} of {len(row['seeds'])}",
        ]
        for row in found["rows"]
    ]
    mean = found["mean"]
    last: Row = [Cell(f"mean over {plural(mean['pairs'], 'domain pair')}", strong=True), *[""] * len(dimensions), ""]
    rows.append([*last, percent(mean["score_a"]), percent(mean["score_b"]), _gain(mean), p_value(mean["p"]), ""])
    metrics = {row["metric"] for row in found["rows"]}
    gain = f"gain in {in_text(metrics.pop())}, points" if len(metrics) == 1 else "gain, points"
    columns = [*dimensions, "domain", "test documents", a, b, gain, "p", "seeds ahead"]
    return Table(sentence(found), columns, rows, frozenset(range(len(dimensions) + 1)))


def of_curves(results: Found, kind: str) -> Table:
    """Return the numbers of a figure: one row a place, one column a curve, of which there must be one."""
    (title, at, _), curves = CURVES[kind], results["curves"][kind]
    name = condition_name(curves[0]["a"])
    over = f"{name} over {condition_name(curves[0]['b'])}" if kind == "dropped" else f"{name} over each other student"
    pairs = max(point["pairs"] for curve in curves for point in curve["points"])
    caption = f"{title}: the student of {over}, mean over {plural(pairs, 'domain pair')}, with 95 % intervals"
    places = places_of(curves)
    by_place = [{point["at"]: point for point in curve["points"]} for curve in curves]
    rows: list[Row] = [
        [place, *(_gain(points_[place]) if place in points_ else empty() for points_ in by_place)] for place in places
    ]
    return Table(caption, [at, *(condition_name(curve["name"]) for curve in curves)], rows)


def sentence(found: Found) -> str:
    """Return the answer to a question in one sentence or two."""
    if found["verdict"] == UNKNOWN:
        return f"{UNKNOWN.capitalize()}: no case of it was run, or none has labelled test documents."
    mean, (a, b) = found["mean"], (condition_name(found[key]) for key in ("a", "b"))
    return (
        f"{found['verdict'].capitalize()}: {a} against {b}, {points(mean['difference'])} points over "
        f"{plural(mean['pairs'], 'domain pair')} (95 % interval {span(mean['low'], mean['high'])}, corrected p "
        f"{p_value(mean['holm'])}); asked for: at least {number(found['at_least'])}."
    )


def markdown_tables(results: Found) -> str:
    """Return the overview, the scores, a table a question, and one a figure as Markdown.

    Args:
        results: the content of ``study.json``.
    """
    parts = [as_markdown(overview(results)), as_markdown(of_scores(results))]
    for found in results["questions"]:
        parts += [f"### {plain(found['name'])}", plain(sentence(found))]
        parts += [as_markdown(of_question(found))] if found["rows"] else []
    for kind in (kind for kind in CURVES if results["curves"][kind]):
        table = of_curves(results, kind)
        parts += [f"### {CURVES[kind][0]}", f"{plain(table.caption)}.", as_markdown(table)]
    return "\n\n".join(parts) + "\n"


def _gain(found: Found) -> Cell:
    return Cell(points(found["difference"]), span(found["low"], found["high"]))
