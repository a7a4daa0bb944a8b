"""Sections on how good the students are: at a glance, in full, compared, and before and after distillation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.plots import score_intervals
from cdkd_kg.evaluation.view import (
    Block,
    Cell,
    Paragraph,
    Picture,
    Section,
    Table,
    Terms,
    by_task,
    domain_title,
    domains_of,
    empty,
    metrics_of,
)
from cdkd_kg.evaluation.words import (
    CONDITIONS,
    METRICS,
    condition_name,
    in_text,
    number,
    p_value,
    percent,
    plural,
    points,
    span,
)

Results = Mapping[str, Any]
Row = list[Cell | str]
ONE_SEED = "Only one seed was run. Seeds vary more than these intervals show: take small differences for chance."
SEVERAL = "A bar is the 95 % interval over test documents, small strokes are the single seeds, the mark is their mean."


def at_a_glance(results: Results) -> Section:
    """Return the picture of all scores and what the conditions are."""
    one = len(results["seeds"]) == 1
    blocks: list[Block] = by_task(results, _glance)
    blocks += [Paragraph(ONE_SEED)] * one
    blocks.append(Paragraph("All students are the same small text model; they differ in who taught them."))
    used = {name for students in results["students"].values() for name in students}
    blocks.append(Terms({words.name: words.sentence for name, words in CONDITIONS.items() if name in used}))
    return Section("glance", "Scores at a glance", blocks)


def in_full(results: Results) -> Section:
    """Return every score of every student on every domain."""
    text = (
        "Scores on test documents that no stage saw. In small print: the 95 % bootstrap interval over test documents, "
        "for the mean over seeds. The best mean of a column is bold, whether or not the lead is clear. Macro-F1 is "
        "over the classes that occur in the test documents of the domain; a class that is predicted but absent counts "
        "through the precision of the others."
    )
    return Section("scores", "Scores in full", [Paragraph(text), *by_task(results, _score_tables)])


def compared(results: Results) -> Section:
    """Return the paired differences between the graph teacher's student and the others."""
    text = (
        "How much better the student of the graph teacher is, on the same documents and seeds. Differences are in "
        "percentage points; p is two-sided, from the signs of the bootstrap differences, and Holm-corrected over the "
        "comparisons of a domain. A difference is clear when its interval leaves out 0 and p is below 0.05."
    )
    return Section(
        "comparisons", "Is the graph teacher's student better?", [Paragraph(text), *by_task(results, _compared)]
    )


def before_and_after(results: Results) -> Section:
    """Return what distillation changed."""
    return Section("distillation", "Before and after distillation", by_task(results, _before_after))


def _glance(results: Results, task: str) -> list[Block]:
    students, metrics, domains = results["students"][task], metrics_of(results, task), domains_of(results, task)
    silent = [name for name in domains if not any(students[each].get(name, {}).get("n") for each in students)]
    blocks: list[Block] = []
    if metrics:
        name = METRICS[metrics[0]].name
        several = SEVERAL if len(results["seeds"]) > 1 else "A bar is the 95 % interval over test documents."
        titles = {domain: domain_title(results, domain) for domain in domains}
        svg = score_intervals(students, titles, metrics[0], f"{name} of every student of {task}, by domain, in percent")
        blocks.append(Picture(svg, f"{name} on test documents, in percent; further right is better. {several}"))
    blocks += [Paragraph(_no_rows(results, name)) for name in silent]
    return blocks


def _score_tables(results: Results, task: str) -> list[Block]:
    students, metrics = results["students"][task], metrics_of(results, task)
    blocks: list[Block] = []
    for domain in domains_of(results, task):
        entries = {name: students[name][domain] for name in students if students[name].get(domain, {}).get("n")}
        if not entries:
            blocks.append(Paragraph(_no_rows(results, domain)))
            continue
        count = next(iter(entries.values()))["n"]
        best = {metric: _best(entries, metric) for metric in metrics}
        rows: list[Row] = [
            [
                condition_name(name),
                *(_score(entry["scores"][metric], metric, name == best[metric]) for metric in metrics),
            ]
            for name, entry in entries.items()
        ]
        heads = [_head(metric) for metric in metrics]
        caption = f"{domain_title(results, domain)}, {plural(count, 'test document')}"
        blocks.append(Table(caption, ["Student taught by", *heads], rows))
    return blocks


def _head(metric: str) -> Cell:
    name, _, more_is_better = METRICS[metric]
    return Cell(name, f"{'more' if more_is_better else 'less'} is better")


def _score(score: Mapping[str, Any], metric: str, best: bool) -> Cell:
    if METRICS[metric].unit == "%":
        return Cell(percent(score["mean"]), span(score["low"], score["high"]), best)
    return Cell(f"{number(score['mean'], 2)} {METRICS[metric].unit}", span(score["low"], score["high"], 1, 2), best)


def _best(entries: Mapping[str, Any], metric: str) -> str:
    pick = max if METRICS[metric].more_is_better else min
    return pick(entries, key=lambda name: entries[name]["scores"][metric]["mean"])


def _compared(results: Results, task: str) -> list[Block]:
    found = results["comparisons"].get(task, {})
    rows: list[Row] = [
        [
            domain,
            condition_name(row["b"]),
            f"{points(row['difference'])} points",
            span(row["low"], row["high"]),
            p_value(row["p"]),
            _reading(row),
        ]
        for domain in domains_of(results, task)
        for row in found.get(domain, [])
    ]
    if not rows:
        return [Paragraph("There is nothing to compare: no test documents, or no student of a graph teacher.")]
    metric = in_text(next(row["metric"] for entries in found.values() for row in entries))
    columns = ["Domain", "Against the student of", f"Difference in {metric}", "95 % interval, points", "p", "Reading"]
    return [Table(f"Paired differences in {metric}", columns, rows, frozenset({1, 5}))]


def _reading(row: Mapping[str, Any]) -> Cell:
    if row["p"] < 0.05 and row["low"] > 0:
        return Cell("better", strong=True)
    if row["p"] < 0.05 and row["high"] < 0:
        return Cell("worse", strong=True)
    return Cell("no clear difference")


def _before_after(results: Results, task: str) -> list[Block]:
    students, metrics = results["students"][task], metrics_of(results, task)
    taught = [name for name in ("text_teacher", "graph_teacher") if name in students]
    if "no_distillation" not in students or not taught or not metrics:
        return [
            Paragraph(
                "A student without distillation or one with a teacher did not run, so there is no before and after."
            )
        ]
    rows: list[Row] = []
    for domain in domains_of(results, task):
        before, *after = (_mean(students[name].get(domain, {}), metrics[0]) for name in ("no_distillation", *taught))
        written = [Cell(percent(mean)) if mean is not None else empty() for mean in (before, *after)]
        rows.append([domain, *written, *(_gain(before, mean) for mean in after)])
    names = [condition_name(name) for name in taught]
    columns = ["Domain", "Before", *(f"After, {name}" for name in names), *(f"Gain, {name}" for name in names)]
    caption = f"{METRICS[metrics[0]].name} of the student before (labels alone) and after distillation, mean over seeds"
    return [Table(caption, columns, rows)]


def _gain(before: float | None, after: float | None) -> Cell:
    return empty() if before is None or after is None else Cell(f"{points(after - before)} points")


def _mean(entry: Mapping[str, Any], metric: str) -> float | None:
    return float(entry["scores"][metric]["mean"]) if entry.get("n") else None


def _no_rows(results: Results, domain: str) -> str:
    return f"{domain_title(results, domain)} has no labelled test rows, so nothing can be said of it here."
