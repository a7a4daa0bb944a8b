"""The decisions on one graph, in SQLite: appended, never changed, whole after any kill, open to several writers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import NamedNode, Quad, Store, Triple

from cdkd_kg.artifacts import canonical_json
from cdkd_kg.errors import ArtifactError, ConflictError
from cdkd_kg.graph.decisions.decision import Decision, Draft, in_order, later_than
from cdkd_kg.graph.decisions.undoable import need_undoable
from cdkd_kg.graph.namespaces import OWL

LOG = "decisions.sqlite"
WAIT = 30.0
"""Seconds for which a writer waits for another one."""
_VERSION = 1
_SCHEMA = f"""
CREATE TABLE decision (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, record TEXT NOT NULL) STRICT;
CREATE TRIGGER kept BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'a decision is never deleted'); END;
CREATE TRIGGER fixed BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
PRAGMA user_version = {_VERSION};
"""


class Entry(NamedTuple):
    """A decision and its number in this log, from 1; numbers differ between logs, ids do not."""

    number: int
    decision: Decision


class DecisionLog:
    """The log in a graph's folder; made where there is none.

    A decision is on the disk when :meth:`append` returns (write-ahead log, synced at every commit). Processes may write
    at the same time; each open connection is closed after every call.

    Args:
        folder: of the graph.
    """

    def __init__(self, folder: Path | str) -> None:
        self.file = Path(folder) / LOG

    def begin(self) -> None:
        """Make the log, unless it is there."""
        with self._open():
            pass

    def append(self, draft: Draft, who: str, why: str = "", *, seen: int | None = None) -> Entry:
        """Record a decision of somebody who saw the log up to the entry ``seen``.

        Raises:
            ConflictError: somebody decided about the same since; None asks for no such look.
            DataRefusedError: it undoes what is not there or was undone, or what later decisions rest on.
        """
        draft = draft._replace(accepts=_canonical(draft.accepts), rejects=_canonical(draft.rejects))
        with self._writing() as connection:
            if seen is not None:
                self._need_unseen(connection, draft, seen)
            if draft.undoes:
                need_undoable(draft.undoes, [entry.decision for entry in _entries(connection)])
            last = connection.execute(
                "SELECT id, at FROM decision ORDER BY rtrim(at, 'Z') DESC, id DESC LIMIT 1"
            ).fetchone()
            base, at = last or ("", None)
            if seen is not None:
                shown = connection.execute("SELECT id FROM decision WHERE number <= ? ORDER BY number DESC", (seen,))
                base = (shown.fetchone() or ("",))[0]
            return _insert(connection, Decision.of_record(Decision(draft, who, later_than(at), why, base).record()))

    def absorb(self, decisions: Iterable[Decision]) -> int:
        """Record decisions that were taken elsewhere, and return how many of them were not known here."""
        with self._writing() as connection:
            known = {name for (name,) in connection.execute("SELECT id FROM decision")}
            fresh = [one for one in in_order(decisions) if one.id not in known]
            for decision in fresh:
                _insert(connection, decision)
        return len(fresh)

    def entries(self, since: int = 0) -> list[Entry]:
        """Return the entries after the number ``since``, by number.

        Raises:
            ArtifactError: one is not what was written.
        """
        if not self.file.exists():
            return []
        with self._open() as connection:
            return list(_entries(connection, since))

    def decisions(self) -> list[Decision]:
        """Return all decisions, by time."""
        return in_order(entry.decision for entry in self.entries())

    def last(self) -> int:
        """Return the number of the newest entry; 0 where there is none."""
        if not self.file.exists():
            return 0
        with self._open() as connection:
            return int(connection.execute("SELECT COALESCE(MAX(number), 0) FROM decision").fetchone()[0])

    def _need_unseen(self, connection: sqlite3.Connection, draft: Draft, seen: int) -> None:
        if theirs := [entry for entry in _entries(connection, seen) if _collide(draft, entry.decision.what)]:
            who = ", ".join(sorted({entry.decision.who for entry in theirs}))
            raise ConflictError(
                "somebody decided about this in the meantime",
                where=str(self.file.parent),
                why=f"{who}: {'; '.join(entry.decision.what.label for entry in theirs[:3])}",
                remedy="look at it again, and decide on what it is now",
                theirs=theirs,
                yours=draft.label,
            )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        fresh = not self.file.exists()
        try:
            with closing(sqlite3.connect(self.file, timeout=WAIT, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                if fresh or _version(connection) == 0:
                    connection.execute("PRAGMA journal_mode = WAL")
                    _make(connection)
                if _version(connection) != _VERSION:
                    raise ArtifactError(
                        "the log of decisions is of another version of this program",
                        where=str(self.file),
                        remedy="use that version, or export its decisions there and import them here",
                    )
                yield connection
        except sqlite3.OperationalError as error:
            raise ArtifactError(
                "the log of decisions cannot be used now",
                where=str(self.file),
                why=str(error),
                remedy="see that you may write in this folder"
                if "readonly" in str(error) or "unable to open" in str(error)
                else "another process writes it, or the disk is full; nothing that was kept is lost, so try again",
            ) from error
        except sqlite3.DatabaseError as error:
            raise ArtifactError(
                "the log of decisions cannot be read or written",
                where=str(self.file),
                why=str(error),
                remedy="restore the file, or take the decisions from decisions.nq: move it away and import that",
            ) from error


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    if _version(connection) == 0:  # another process may have made it meanwhile
        for statement in _statements(_SCHEMA):
            connection.execute(statement)
    connection.commit()


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; ``executescript`` would commit before the first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _collide(one: Draft, other: Draft) -> bool:
    """Say whether two drafts are about the same, or one ties something to what the other takes out of use."""
    if not {*one.about}.isdisjoint(other.about):
        return True
    return any(not using.names().isdisjoint(_gone(going)) for going, using in ((one, other), (other, one)))


def _gone(draft: Draft) -> set[str]:
    """Return the IRIs of what a draft takes out of use."""
    nodes = (one.subject for one in draft.accepts if one.predicate == OWL.deprecated)
    return {node.value for node in nodes if isinstance(node, NamedNode)}


def _insert(connection: sqlite3.Connection, decision: Decision) -> Entry:
    row = (decision.id, decision.at, canonical_json(decision.record()))
    number = connection.execute("INSERT INTO decision (id, at, record) VALUES (?, ?, ?)", row).lastrowid or 0
    return Entry(number, decision)


def _entries(connection: sqlite3.Connection, since: int = 0) -> Iterator[Entry]:
    found = connection.execute("SELECT number, id, record FROM decision WHERE number > ? ORDER BY number", (since,))
    for row in found:
        yield _entry(*row)


def _entry(number: int, name: str, record: str) -> Entry:
    decision = Decision.of_record(json.loads(record))
    if decision.id != name:
        raise ArtifactError(
            "a decision is not what was written",
            where=f"{LOG}, entry {number}",
            remedy="restore the file, or take the decisions from decisions.nq",
        )
    return Entry(number, decision)


def _canonical(triples: Iterable[Triple]) -> tuple[Triple, ...]:
    """Return triples as Oxigraph gives them back: numbers and dates are kept by value."""
    store = Store()
    store.extend(Quad(one.subject, one.predicate, one.object) for one in triples)
    return tuple(quad.triple for quad in store)
