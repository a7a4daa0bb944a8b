"""``cdkd tune``: a search over a space of configurations, judged on source validation."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cdkd_kg.tune.run import Progress


def tune_cli(
    config: Annotated[Path, typer.Argument(help="A search file; see configs/tune_*.yaml.")],
    json_output: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Search for the values that serve a student best; the same command goes on, also in several processes at once."""
    import json

    from cdkd_kg.errors import need_installed
    from cdkd_kg.tune.config import load_tune

    tune = load_tune(config)
    need_installed("optuna", "tune", str(config))
    from cdkd_kg.tune.report import sentence
    from cdkd_kg.tune.results import PAGE, RESULTS
    from cdkd_kg.tune.run import run_tune

    results = run_tune(tune, _tell, ["cdkd", *sys.argv[1:]])
    if json_output:
        typer.echo(json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False))
        return
    typer.echo(sentence(results))
    if results["best"]:
        typer.echo(f"Values:   {shlex.join(results['best']['overrides'])}")
    for name, file in {"Report": PAGE, "Results": RESULTS}.items():
        typer.echo(f"{name + ':':<9} {tune.folder / file}")


def _tell(progress: Progress) -> None:
    step = progress.step
    if step is not None:
        typer.echo(f"trial {progress.trial:<4} {step.stage:<15} {step.key:<40} {step.seconds:.0f} s", err=True)
        return
    score = "" if progress.score is None else f" {100 * progress.score:.1f} %"
    values = ", ".join(f"{key}={value}" for key, value in (progress.values or {}).items())
    typer.echo(f"trial {progress.trial:<4} {progress.state}{score}: {values}", err=True)
