"""Tables on a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPED_WIDTH = 200


def table_console() -> Console:
    """Return a console that is as wide as the terminal, and in a pipe as wide as a table needs."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    return console


def print_found(columns: Iterable[str], rows: Sequence[Iterable[object]]) -> None:
    """Print what was found as a table, or that there is nothing."""
    if rows:
        print_table(columns, rows)
    else:
        table_console().print("There are none.")


def print_table(columns: Iterable[str], rows: Iterable[Iterable[object]], title: str | None = None) -> None:
    """Print cells as they are: no mark-up, no :emoji:."""
    from rich.table import Column, Table
    from rich.text import Text

    table = Table(*(Column(column, overflow="fold") for column in columns), title=title)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    table_console().print(table)
