"""Undoing any decision, and redoing it by undoing that."""

from __future__ import annotations

from cdkd_kg.errors import MissingResourceError
from cdkd_kg.graph.decisions.decision import Draft, standing
from cdkd_kg.graph.decisions.log import Entry


def undo(entries: list[Entry], name: str) -> Draft:
    """Return the decision that another one no longer counts; if that one is an undoing, what it undid counts again.

    Args:
        entries: of the log.
        name: the number of an entry, or how the id of a decision begins.

    Raises:
        MissingResourceError: there is none, or several.
    """
    target = entry_of(entries, name).decision
    verb = "redo" if target.what.undoes else "undo"
    label = target.what.label.removeprefix("undo: ") if target.what.undoes else target.what.label
    return Draft("undo", f"{verb}: {label}", target.what.about, undoes=target.id)


def entry_of(entries: list[Entry], name: str) -> Entry:
    """Return the entry of a number, or of an id that begins so.

    Raises:
        MissingResourceError: there is none, or several.
    """
    fits = [entry for entry in entries if str(entry.number) == name] or [
        entry for entry in entries if len(name) >= 4 and entry.decision.id.startswith(name)
    ]
    if len(fits) == 1:
        return fits[0]
    raise MissingResourceError(
        f"{'several decisions' if fits else 'no decision'} {'are' if fits else 'is'} called {name!r}",
        remedy="give its number, or the first digits of its id; the history has both",
    )


def undone(entries: list[Entry]) -> set[str]:
    """Return the ids of the decisions that do not count any more."""
    return {entry.decision.id for entry in entries} - {one.id for one in standing(entry.decision for entry in entries)}
