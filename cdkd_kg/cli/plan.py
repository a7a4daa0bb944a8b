"""``cdkd plan``: what a run will take at another size, before it is paid."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cdkd_kg.costs.calibration import Calibration
    from cdkd_kg.costs.estimate import Estimate


def plan_cli(
    config: Annotated[Path, typer.Argument(help="A YAML file; see configs/.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, such as seeds=[0,1].")] = None,
    documents: Annotated[int | None, typer.Option(min=1, help="How many documents there will be.")] = None,
    machines: Annotated[int, typer.Option(min=1, help="So many machines like this one.")] = 1,
    price: Annotated[float | None, typer.Option(min=0, help="What a machine costs an hour, in any currency.")] = None,
    measure: Annotated[bool, typer.Option("--measure", help="Run shares of the rows first.")] = False,
    shares: Annotated[str, typer.Option(help="Which shares of the rows.")] = "0.125,0.25,0.5,1",
    json_output: Annotated[bool, typer.Option("--json", help="Print the estimate as JSON.")] = False,
) -> None:
    """Say how long a run of so many documents takes, and what memory and disk, from what smaller ones took."""
    from cdkd_kg.config import load_config
    from cdkd_kg.costs.calibration import Calibration
    from cdkd_kg.costs.estimate import estimate
    from cdkd_kg.costs.measure import measured, shares_of

    settings = load_config(config, overrides or [])
    if measure:
        calibration = measured(settings, shares_of(shares), _tell, ["cdkd", *sys.argv[1:]])
        _tell(f"Measured: {calibration.save(settings.folder)}")
    else:
        calibration = Calibration.load(settings)
    largest = max(point.documents for point in calibration.points)
    found = estimate(calibration, documents or largest, settings.corpus.labels_per_class, machines)
    if json_output:
        _print_json(found, machines, price)
    else:
        _show(found, machines, price)
        _show_ground(found, calibration, largest)


def _tell(said: str) -> None:
    typer.echo(said, err=True)


def _print_json(found: Estimate, machines: int, price: float | None) -> None:
    import json
    from dataclasses import asdict

    told = asdict(found) | {name: getattr(found, name) for name in ("seconds", "memory", "disk")}
    told["machines"] = machines
    if price is not None:
        told["money"] = found.money(price, machines)
    typer.echo(json.dumps(told, indent=1, sort_keys=True))


def _show(found: Estimate, machines: int, price: float | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from cdkd_kg.costs.estimate import SPREAD
    from cdkd_kg.evaluation.words import plural

    title = f"{found.documents:,} documents, {found.labelled:,} labelled"
    table = Table("stage", "time", "R² of time", "memory", "disk", title=title)
    for one in found.stages:
        shared = " *" if machines > 1 and one.stage in SPREAD else ""
        fit = "" if one.r2 is None else f"{one.r2:.3f}"
        table.add_row(one.stage + shared, duration(one.seconds), fit, size(one.memory), size(one.disk))
    table.add_section()
    table.add_row("all", duration(found.seconds), "", size(found.memory), size(found.disk))
    Console().print(table)
    if machines > 1:
        typer.echo(f"* shared by {plural(machines, 'machine')}, evenly and at no cost.")
    if price is not None:
        typer.echo(f"Money:    {found.money(price, machines):,.2f}, at {price:,.2f} an hour for each machine")


def _show_ground(found: Estimate, calibration: Calibration, largest: int) -> None:
    from cdkd_kg.evaluation.words import percent, plural

    machine = calibration.about["machine"]
    errors = ", ".join(f"{what} {percent(error)}" for what, error in found.errors.items())
    typer.echo(f"Measured: up to {largest:,} documents, on {machine['processor']}, {plural(machine['cores'], 'core')}")
    typer.echo(f"Off by:   {errors}, where the largest of these runs is told from the smaller ones")


def duration(seconds: float) -> str:
    """Return seconds in the unit that suits them."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:,.0f} s"


def size(count: float) -> str:
    """Return bytes in the unit that suits them."""
    for unit, length in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20)):
        if count >= length:
            return f"{count / length:,.1f} {unit}"
    return f"{count / 2**10:,.0f} KiB"
