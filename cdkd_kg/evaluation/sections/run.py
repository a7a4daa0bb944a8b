"""Sections on the run itself: sizes and speeds, what was run, warnings, and what the words mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.view import Block, Bullets, Cell, Listing, Paragraph, Section, Table, Terms, by_task, empty
from cdkd_kg.evaluation.words import GLOSSARY, number

Results = Mapping[str, Any]
MEBIBYTE = 1 << 20


def sizes(results: Results) -> Section:
    """Return size and speed of teacher and student."""
    device = results["machine"].get("device", "")
    note = Paragraph(f"Speed was measured on: {device}.", note=True) if device else None
    blocks = [*by_task(results, _sizes), *([note] if note else [])]
    return Section("sizes", "Sizes and speeds", blocks)


def warnings(results: Results) -> Section | None:
    """Return the warnings of the run, or None where there are none."""
    found = results["warnings"]
    return Section("warnings", "Warnings", [Bullets(found)]) if found else None


def run(results: Results) -> Section:
    """Return what was run, on what, how long it took, and how to run it again."""
    config = json.dumps(results["config"], indent=1, sort_keys=True, ensure_ascii=False)
    blocks: list[Block] = [
        facts(results),
        Table("Stages", ["Stage", "Jobs", "Of these, reused", "Time spent now"], _stages(results)),
        versions(results),
        Listing("The whole configuration", config),
    ]
    return Section("run", "What was run", blocks)


def facts(results: Results) -> Table:
    """Return command, time, seeds, commit and machine."""
    machine = results["machine"]
    memory = machine.get("memory_gib")
    found = {
        "Command": results["command"],
        "Finished": results["created"],
        "Seeds": ", ".join(map(str, results["seeds"])),
        "Code": results["git"],
        "Processor": machine.get("processor"),
        "Cores": machine.get("cores"),
        "Memory": f"{number(memory)} GiB" if memory else "",
        "Device": machine.get("device"),
    }
    rows = [[name, str(value)] for name, value in found.items() if value not in (None, "")]
    return Table("The run", ["What", "Value"], rows, frozenset({1}))


def versions(results: Results) -> Table:
    """Return the versions of the packages that decide results."""
    rows = [[name, str(version)] for name, version in sorted(results["versions"].items())]
    return Table("Versions", ["Package", "Version"], rows, frozenset({1}))


def glossary() -> Section:
    """Return what the words of the report mean."""
    return Section("glossary", "What the words mean", [Terms(GLOSSARY)])


def duration(seconds: float) -> str:
    """Write a time as ``3.2 s``, ``4 min 10 s`` or ``2 h 05 min``."""
    if seconds < 60:
        return f"{number(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _stages(results: Results) -> list[list[Cell | str]]:
    stages = results["stages"]
    names = list(dict.fromkeys(step["stage"] for step in stages))
    rows: list[list[Cell | str]] = []
    for name in [*names, "all"]:
        mine = [step for step in stages if name in (step["stage"], "all")]
        spent = sum(step["seconds"] for step in mine if not step["reused"])
        reused = sum(bool(step["reused"]) for step in mine)
        rows.append([name.replace("_", " "), f"{len(mine):,}", f"{reused:,}", duration(spent)])
    return rows


def _sizes(results: Results, task: str) -> list[Block]:
    found = results["sizes"].get(task) or {}
    if not {"teacher", "student"} <= set(found):
        return [Paragraph("Sizes and speeds were not measured.")]
    teacher, student = found["teacher"], found["student"]
    units: dict[str, tuple[str, float, str]] = {
        "parameters": ("Parameters", 1e6, "million"),
        "bytes": ("Size on disk", MEBIBYTE, "MiB"),
        "documents_per_second": ("Speed", 1, "documents a second"),
    }
    rows: list[list[Cell | str]] = [["Model", teacher["model"], student["model"], ""]]
    for key, (name, scale, unit) in units.items():
        both = [model.get(key) or 0 for model in (teacher, student)]
        change = Cell(f"{number(both[1] / both[0], 2)} times") if both[0] else empty()
        rows.append([name, *(f"{number(size / scale)} {unit}" for size in both), change])
    return [Table("Text teacher and student", ["What", "Text teacher", "Student", "Student over teacher"], rows)]
