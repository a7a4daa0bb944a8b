"""Sections on the teachers and on training: what each expert counted for, how good it was, and the loss over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean
from typing import Any

from cdkd_kg.evaluation.domain_teachers import domain_weights
from cdkd_kg.evaluation.families import family_weights, unused_graph
from cdkd_kg.evaluation.plots import learning_curves
from cdkd_kg.evaluation.view import Block, Cell, Paragraph, Picture, Section, Table, by_task, domain_title, empty
from cdkd_kg.evaluation.words import METRICS, condition_name, number, percent, relation_name, span
from cdkd_kg.teachers.temperatures import at_bound

Results = Mapping[str, Any]
SHOWN = ("micro_f1", "accuracy", "macro_f1", "ece", "nll")


def teachers(results: Results) -> Section:
    """Return weights and scores of the experts that the signals were fused from."""
    text = (
        "A signal is the product of experts: each is calibrated by a temperature and counts with a weight, both fitted "
        "on validation documents of source domains. Below, each expert and the fused signal on the training texts of "
        "target domains, whose labels no stage of training saw. Numbers are means over seeds, in small print the "
        "lowest and highest seed."
    )
    return Section("teachers", "The teachers", [Paragraph(text), *by_task(results, _teachers)])


def training(results: Results) -> Section:
    """Return the learning curves."""
    blocks = by_task(results, _curves)
    return Section("training", "Training", blocks or [Paragraph("No training losses were logged.")])


def _teachers(results: Results, task: str) -> list[Block]:
    found = results["teachers"].get(task) or {}
    blocks: list[Block] = []
    seeds = found.get("experts") or {}
    cases = [(name, expert) for name, experts in next(iter(seeds.values()), {}).items() for expert in sorted(experts)]
    rows = [
        [
            condition_name(name),
            expert,
            _temperature([seeds[seed][name][expert]["temperature"] for seed in seeds]),
            _over_seeds([seeds[seed][name][expert]["weight"] for seed in seeds]),
        ]
        for name, expert in cases
    ]
    if rows:
        columns = ["Signal of", "Expert", "Temperature", "Weight"]
        blocks.append(Table("Temperature and weight of each expert", columns, rows, frozenset({1})))
    blocks += _domain_teachers(results, seeds)
    blocks += _families(seeds)
    for domain, experts in sorted((found.get("unlabelled") or {}).items()):
        blocks += _expert_scores(domain_title(results, domain), experts)
    return blocks or [Paragraph("There was no teacher in this run.")]


def _temperature(values: list[float]) -> Cell:
    cell = _over_seeds(values)
    detail = f"{cell.detail}, at its bound".removeprefix(", ")
    return replace(cell, detail=detail) if any(map(at_bound, values)) else cell


def _domain_teachers(results: Results, experts: Mapping[str, Any]) -> list[Block]:
    weights = domain_weights(experts)
    teachers = sorted({teacher for mine in weights.values() for teacher in mine})
    if not teachers:
        return []
    rows: list[list[Cell | str]] = [
        [
            condition_name(condition),
            domain_title(results, domain),
            way.replace("_", " "),
            *(_over_seeds(mine[name]) if name in mine else empty() for name in teachers),
        ]
        for (condition, domain, way), mine in weights.items()
    ]
    columns = ["Signal of", "Documents of", "Weights by", *(f"Teacher of {name}" for name in teachers)]
    return [Table("Mean weight of each domain's text teacher", columns, rows, frozenset({1, 2}))]


def _families(experts: Mapping[str, Any]) -> list[Block]:
    weights = family_weights(experts)
    names = sorted({family for mine in weights.values() for family in mine})
    if not names:
        return []
    rows: list[list[Cell | str]] = [
        [condition_name(condition), *(_over_seeds(mine[name]) if name in mine else empty() for name in names)]
        for condition, mine in weights.items()
    ]
    table = Table("Weight of each edge family in propagation", ["Signal of", *map(relation_name, names)], rows)
    unused = unused_graph(experts)
    return [table, *([Paragraph(unused)] if unused else [])]


def _expert_scores(title: str, experts: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[Block]:
    measured = {name: list(seeds.values()) for name, seeds in experts.items() if any(seeds.values())}
    if not measured:
        return [
            Paragraph(f"{title}: its training texts have no labels, hidden or not, so the teachers cannot be scored.")
        ]
    metrics = [metric for metric in SHOWN if metric in next(iter(measured.values()))[0]]
    rows = []
    for name, seeds in measured.items():
        condition, _, expert = name.partition(": ")
        cells = [_over_seeds([scores[metric] for scores in seeds], METRICS[metric].unit) for metric in metrics]
        rows.append([condition_name(condition), expert or empty(), *cells])
    columns = ["Signal of", "Expert", *(METRICS[metric].name for metric in metrics)]
    return [Table(f"Teachers on the unlabelled training texts of {title}", columns, rows, frozenset({1}))]


def _over_seeds(values: list[float], unit: str = "") -> Cell:
    mean = fmean(values)
    scale, digits = (100, 1) if unit == "%" else (1, 2)
    text = percent(mean) if unit == "%" else f"{number(mean, 2)} {unit}".strip()
    return Cell(text, span(min(values), max(values), scale, digits) if len(values) > 1 else "")


def _curves(results: Results, task: str) -> list[Block]:
    curves = results["curves"].get(task) or {}
    if not any(any(runs.values()) for runs in curves.values()):
        return []
    caption = (
        "Training loss over optimiser steps: thin lines are seeds, the strong line their mean. Students with a teacher "
        "learn by more losses than the one without, so heights compare within a line, not between lines."
    )
    return [Picture(learning_curves(curves, f"Training loss over optimiser steps, task {task}"), caption)]
