"""Tables on a terminal and in a pipe."""

from __future__ import annotations

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
