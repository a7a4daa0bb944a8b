"""Sections on how the graph teacher's student errs: which classes it confuses, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cdkd_kg.evaluation.plots import MOST_CLASSES, confusion_matrix, reliability_diagrams
from cdkd_kg.evaluation.view import (
    Block,
    Cell,
    Paragraph,
    Picture,
    Section,
    Table,
    by_task,
    domain_title,
    domains_of,
    empty,
)
from cdkd_kg.evaluation.words import condition_name, number, percent

Results = Mapping[str, Any]
TOLD = 5


def mistakes(results: Results) -> Section:
    """Return what is taken for what, on each domain."""
    return Section("mistakes", "What is taken for what", by_task(results, _mistakes))


def calibration(results: Results) -> Section:
    """Return how confidence and right answers go together, on each domain."""
    text = (
        "A dot is a group of equally confident answers, all seeds together; its area grows with how many they are. On "
        "the dashed line confidence means what it says; below it the student is too sure of itself."
    )
    return Section(
        "calibration", "Does confidence mean what it says?", [Paragraph(text), *by_task(results, _calibration)]
    )


def shown_condition(students: Mapping[str, Any]) -> str:
    """Return the condition whose mistakes are shown: the graph teacher's student, or the last there is."""
    return "graph_teacher" if "graph_teacher" in students else list(students)[-1]


def _mistakes(results: Results, task: str) -> list[Block]:
    students, about = results["students"][task], results["config"]["corpus"]["tasks"][task]
    condition = shown_condition(students)
    found: list[Block] = []
    for domain in domains_of(results, task):
        entry = students[condition].get(domain, {})
        if entry.get("n"):
            seeds = len(entry["scores"]["accuracy"]["seeds"])
            make = _decisions if about["multi_label"] else _confusions
            found += make(entry["confusion"], about["labels"], domain_title(results, domain), seeds)
    if not found:
        return [Paragraph("No domain has labelled test rows.")]
    taught = "without a teacher" if condition == "no_distillation" else f"of the {condition_name(condition)}"
    return [Paragraph(f"These are the answers of the student {taught} on test documents, averaged over seeds."), *found]


def _confusions(matrix: Sequence[Sequence[int]], labels: Sequence[str], domain: str, seeds: int) -> list[Block]:
    blocks: list[Block] = []
    if len(labels) <= MOST_CLASSES:
        svg = confusion_matrix(matrix, labels, f"Confusion matrix, {domain}")
        blocks.append(Picture(svg, f"{domain}: each row is a true class and adds up to 100 % of its documents."))
    pairs = [
        (-count, true, said, count / sum(row))
        for true, row in zip(labels, matrix, strict=True)
        for said, count in zip(labels, row, strict=True)
        if true != said and count
    ]
    if pairs:
        rows = [[true, said, number(-less / seeds), percent(share)] for less, true, said, share in sorted(pairs)[:TOLD]]
        columns = ["True class", "Taken for", "Documents", "Share of the true class"]
        blocks.append(Table(f"Most frequent mistakes, {domain}", columns, rows, frozenset({1})))
    return blocks


def _decisions(table: Sequence[Sequence[int]], labels: Sequence[str], domain: str, seeds: int) -> list[Block]:
    rows: list[list[Cell | str]] = [
        [label, _share(tp, tp + fp), _share(tp, tp + fn), f"{(tp + fn) // seeds:,}"]
        for label, (tp, fp, fn, _) in zip(labels, table, strict=True)
        if tp + fp + fn
    ]
    columns = ["Label", "Precision", "Recall", "Documents it applies to"]
    return [Table(f"Decisions by label, {domain}", columns, rows)]


def _share(part: int, whole: int) -> Cell:
    return Cell(percent(part / whole)) if whole else empty()


def _calibration(results: Results, task: str) -> list[Block]:
    students = results["students"][task]
    blocks: list[Block] = []
    for domain in domains_of(results, task):
        tables = {
            name: found[domain]["reliability"] for name, found in students.items() if found.get(domain, {}).get("n")
        }
        if tables:
            title = domain_title(results, domain)
            svg = reliability_diagrams(tables, f"Share of right answers over confidence, {title}, task {task}")
            blocks.append(Picture(svg, f"{title}: right answers over confidence, both in percent."))
    return blocks or [Paragraph("No domain has labelled test rows.")]
