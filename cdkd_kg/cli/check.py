"""``cdkd check``: look at data before anything is trained on them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cdkd_kg.cli.console import table_console
from cdkd_kg.config_errors import DATA_SUFFIXES
from cdkd_kg.errors import ConfigError, DataRefusedError

if TYPE_CHECKING:
    from rich.table import Table

    from cdkd_kg.corpus.check import CheckReport, Problem

CHECKS = "check"
"""The folder, beside the runs, of what checks write: a check never touches the folder of a run."""
EXAMPLES = 3
"""Problems of one kind that the table shows; ``--all`` and ``--json`` show all of them."""


def check_cli(
    target: Annotated[Path, typer.Argument(help="A configuration (.yaml), or a table: id,text,domain,label[,split].")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, for a configuration.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Show every problem, not three of a kind.")] = False,
) -> None:
    """Say what is wrong with the data, row by row; ends with status 3 when they are refused."""
    report, file = check(target, overrides or [])
    if json_output:
        about = {"target": str(target), "set_aside_file": None if file is None else str(file)}
        typer.echo(json.dumps(about | report.as_dict(), indent=1, sort_keys=True, ensure_ascii=False))
    else:
        _show(report, file, every)
    if report.refused:
        raise typer.Exit(DataRefusedError.exit_status)


def check(target: Path, overrides: list[str]) -> tuple[CheckReport, Path | None]:
    """Check the data of a configuration, or of one table.

    Returns:
        The report, and the file that now lists the rows set aside: ``check/<name>/set_aside.jsonl`` beside the
        run's folder (for a table under ``runs``, with the name of the file); None where every row is used.

    Raises:
        ConfigError: the configuration is wrong, or overrides are given for a table.
        MissingResourceError: a file or data set is not there.
    """
    from cdkd_kg.artifacts import need_writable, write_text
    from cdkd_kg.corpus.check import SET_ASIDE_FILE

    if target.suffix.lower() in DATA_SUFFIXES and not target.is_dir():
        if overrides:
            raise ConfigError("a table has no keys to override", where=str(target), remedy="check a configuration")
        from cdkd_kg.corpus.table import check_table

        report, folder = check_table(target), Path("runs", CHECKS, target.stem)
    elif target.suffix.lower() not in (".yaml", ".yml"):
        raise ConfigError(
            "only a configuration or a table (.csv, .jsonl, .parquet) can be checked by itself",
            where=str(target),
            remedy="name it under corpus.domains in a configuration, and check that",
        )
    else:
        from cdkd_kg.config import load_config
        from cdkd_kg.corpus.build import check_corpus

        config = load_config(target, overrides)
        report, folder = check_corpus(config.corpus)[1], config.output / CHECKS / config.name
    file = folder / SET_ASIDE_FILE
    if not report.set_aside:
        file.unlink(missing_ok=True)
        return report, None
    need_writable(folder)
    write_text(file, report.set_aside_jsonl())
    return report, file


def _show(report: CheckReport, file: Path | None, every: bool) -> None:
    console = table_console()
    if report.problems:
        shown, rest = _examples(report.problems, len(report.problems) if every else EXAMPLES)
        console.print(_problems(shown))
        for (severity, rule, domain), count in rest.items():
            where = f" in {domain}" if domain else ""
            typer.echo(f"... and {count} more ({severity}, {rule}{where}); --all shows them.")
    console.print(_domains(report))
    typer.echo(f"{report.rows_in} rows in = {report.rows_used} used + {report.rows_set_aside} set aside.")
    if file is not None:
        typer.echo(f"Rows set aside: {file}")
    typer.echo("Refused: nothing may be trained on these data." if report.refused else "The data can be used.")


def _examples(problems: Sequence[Problem], most: int) -> tuple[list[Problem], dict[tuple[str, str, str], int]]:
    """Return the first problems of each kind and domain, and of how many more there are of each."""
    kinds: dict[tuple[str, str, str], list[Problem]] = {}
    for found in problems:
        kinds.setdefault((found.severity, found.rule, found.domain), []).append(found)
    rest = {kind: len(mine) - most for kind, mine in kinds.items() if len(mine) > most}
    return [found for mine in kinds.values() for found in mine[:most]], rest


def _problems(problems: Sequence[Problem]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Problems")
    for name in ("severity", "domain", "file", "line", "id", "reason"):
        table.add_column(name, overflow="fold", ratio=4 if name == "reason" else None)
    for found in problems:
        cells = (found.severity, found.domain, found.file, str(found.line), found.id, found.reason)
        table.add_row(*map(Text, cells))
    return table


def _domains(report: CheckReport) -> Table:
    from rich.table import Table
    from rich.text import Text

    numbers = ("rows_in", "labelled", "unlabelled", "validation", "test", "set_aside", "left_out", "over_row_limit")
    table = Table(title="Domains")
    for name in ("domain", "task", "role"):
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name.replace("_", " "), justify="right")
    for domain, summary in report.per_domain.items():
        counts = (str(getattr(summary, name)) for name in numbers)
        table.add_row(Text(domain), Text(summary.task), summary.role, *counts)
    return table
