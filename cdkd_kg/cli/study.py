"""``cdkd study``: one configuration over many conditions, domain pairs, label budgets and seeds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cdkd_kg.cli.console import table_console
from cdkd_kg.errors import ConfigError

if TYPE_CHECKING:
    from cdkd_kg.study.cases import Case
    from cdkd_kg.study.config import Study
    from cdkd_kg.study.run import Progress


def study_cli(
    config: Annotated[Path, typer.Argument(help="A study file; see configs/study_*.yaml.")],
    only: Annotated[list[str] | None, typer.Option(help="dimension=choice[,choice]: a slice; may be repeated.")] = None,
    seeds: Annotated[str | None, typer.Option(help="Some of the study's seeds, such as 0,1.")] = None,
    answers: Annotated[
        Path | None, typer.Option(help="A folder of kept answers: what it knows is not run again, the rest is added.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Run what is missing of a study, and answer its questions with intervals and corrected tests."""
    from cdkd_kg.study.cases import cases_of
    from cdkd_kg.study.config import load_study

    loaded = load_study(config)
    cases = cases_of(loaded, only or [], None if seeds is None else _numbers(seeds))
    if dry_run:
        _show_plan(cases, json_output)
    else:
        _run(loaded, cases, answers, json_output)


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise ConfigError(
            f"seeds are whole numbers, got {text!r}", where="command line: --seeds", remedy="write them like 0,1"
        ) from error


def _run(study: Study, cases: list[Case], answers: Path | None, json_output: bool) -> None:
    from cdkd_kg.study.answers import Answers
    from cdkd_kg.study.results import PAGE, STUDY, TABLES
    from cdkd_kg.study.run import run_study
    from cdkd_kg.study.tables import sentence

    kept = None if answers is None else Answers(answers)
    results = run_study(study, cases, _tell, ["cdkd", *sys.argv[1:]], kept)
    if json_output:
        _print_json(results)
        return
    for found in results["questions"]:
        typer.echo(f"{found['name']} {sentence(found)}")
    for name, file in {"Report": PAGE, "Tables": TABLES, "Results": STUDY}.items():
        typer.echo(f"{name + ':':<9} {study.folder / file}")


def _tell(progress: Progress) -> None:
    from cdkd_kg.evaluation.sections.run import duration

    left = "" if progress.seconds_left is None else f"{duration(progress.seconds_left)} left"
    step = progress.step
    typer.echo(
        f"{progress.done:>5}/{progress.total} {left:<17} {progress.case:<30} {step.stage:<15} {step.key:<34} "
        f"{step.seconds:.0f} s",
        err=True,
    )


def _show_plan(cases: list[Case], json_output: bool) -> None:
    from cdkd_kg.study.plan import jobs_to_do, plan_study

    planned = jobs_to_do(plan_study(cases))
    if json_output:
        about = ({"case": case, "stage": job.stage, "key": job.key, "reused": reused} for case, job, reused in planned)
        _print_json(list(about))
        return
    from rich.table import Table

    table = Table("case", "jobs of its own", "reused", "run", title="Plan")
    for case in cases:
        mine = [reused for name, _, reused in planned if name == case.name]
        table.add_row(case.name, *map(str, (len(mine), sum(mine), len(mine) - sum(mine))))
    every = [reused for *_, reused in planned]
    table.add_row("all", *map(str, (len(every), sum(every), len(every) - sum(every))))
    table_console().print(table)


def _print_json(value: Any) -> None:
    import json

    typer.echo(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False))
