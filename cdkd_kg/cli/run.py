"""``cdkd run``: the main job, from rows of text to a student and a report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cdkd_kg.pipeline.run import RunResult
    from cdkd_kg.stages import Job, Step


def run_cli(
    config: Annotated[Path, typer.Argument(help="A YAML file; see configs/.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, such as seeds=[0,1].")] = None,
    until: Annotated[str | None, typer.Option(help="Stop after this stage.")] = None,
    force: Annotated[str | None, typer.Option(help="Repeat this stage and all after it.")] = None,
    engine: Annotated[str | None, typer.Option(help="Who finds entities: embedded or ray; see docs/scale.md.")] = None,
    launch: Annotated[
        Path | None, typer.Option(help="A configuration of accelerate, whose processes are started; see docs/scale.md.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Learn from a text teacher and a graph teacher, distil a student, and say what the graph was worth."""
    if launch is not None:
        from cdkd_kg.cli.launch import launch as start

        start(launch, sys.argv[1:])
    from cdkd_kg.config import load_config
    from cdkd_kg.pipeline.run import plan_run, run
    from cdkd_kg.processes import first_then_rest, is_first, started_as

    with first_then_rest():
        settings = load_config(config, [*(overrides or []), *([f"entities.engine={engine}"] if engine else [])])
    if dry_run:
        if is_first():
            _show_plan(plan_run(settings, until, force), json_output)
        return
    result = run(settings, until, force, on_step=tell_step, command=started_as(sys.argv[1:]))
    if not is_first():
        return
    if json_output:
        _print_json(result.results)
    else:
        _show_result(result)


def tell_step(step: Step) -> None:
    """Say on standard error that a job is done."""
    took = "reused" if step.reused else f"{step.seconds:.0f} s"
    typer.echo(f"{step.stage:<15} {step.key:<40} {took}", err=True)


def _show_plan(planned: list[tuple[Job, bool]], json_output: bool) -> None:
    if json_output:
        _print_json([{"stage": job.stage, "key": job.key, "reused": reused} for job, reused in planned])
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("stage", "job", "what would happen", title="Plan")
    for job, reused in planned:
        table.add_row(job.stage, job.key, "reused" if reused else "run")
    Console().print(table)


def _show_result(result: RunResult) -> None:
    for warning in result.warnings:
        typer.echo(f"Warning: {warning}", err=True)
    if result.graph is not None:
        typer.echo(f"Graph:    {result.graph}")
        about = result.decisions
        if about["count"]:
            typer.echo(f"Decisions of people: {about['count']:,}, which reach {about['documents']:,} documents")
    if not result.results:
        typer.echo(f"Stopped after {result.steps[-1].stage}, as asked." if result.steps else "Nothing to do.")
        return
    for task, verdict in sorted(result.results["verdict"].items()):
        typer.echo(f"{task}: {verdict['text']}")
    typer.echo(f"Report:   {result.folder / 'report.html'}")
    typer.echo(f"Results:  {result.folder / 'results.json'}")
    typer.echo(f"Students: {result.folder / 'students'}")


def _print_json(value: Any) -> None:
    import json

    typer.echo(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False))
