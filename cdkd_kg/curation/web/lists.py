"""What of a list of items is looked at: one kind or all, and how many rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, get_args
from urllib.parse import parse_qs, urlencode

from fastapi import Request

from cdkd_kg.curation.item import Item, Kind

LISTED, MOST_LISTED = 30, 1000
"""Rows at first, and at most."""


class View(NamedTuple):
    """What of a list is looked at: one kind or all, and how many rows."""

    kind: str
    rows: int

    def longer(self, path: str) -> str:
        """Return the address of the list with more rows."""
        return self.address(path, rows=self.rows + LISTED)

    def address(self, path: str, **other: Any) -> str:
        """Return the address of a list with another view."""
        asked = self._asdict() | other
        changed = {name: value for name, value in asked.items() if value != {"kind": "", "rows": LISTED}[name]}
        return f"{path}?{urlencode(changed)}" if changed else path


def view_of(request: Request) -> View:
    """Return the view that an address asks for: that of the request, or of the page that it changes."""
    address = request.headers.get("hx-current-url") or f"?{request.url.query}"
    asked = {name: values[-1] for name, values in parse_qs(address.partition("?")[2].partition("#")[0]).items()}
    rows, kind = asked.get("rows", ""), asked.get("kind", "")
    return View(
        kind if kind in get_args(Kind) else "",
        min(max(int(rows), LISTED), MOST_LISTED) if rows.isascii() and rows.isdigit() and len(rows) < 9 else LISTED,
    )


def around(items: Sequence[Item], item: Item | None, rows: int) -> Sequence[Item]:
    """Return the first items, and the one that is looked at where it is not among them."""
    some = list(items[:rows])
    return some if item is None or item.id.partition("@")[0] in {one.id for one in some} else [*some, item]
