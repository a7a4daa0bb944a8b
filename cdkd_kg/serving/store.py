"""What a service was asked and said, and what people said of it, in one SQLite file."""

from __future__ import annotations

import datetime
import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from cdkd_kg.errors import ArtifactError, MissingResourceError
from cdkd_kg.inference.reference import Features

_VERSION = 1
_SCHEMA = (
    """CREATE TABLE prediction (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, bundle TEXT NOT NULL,
  domain TEXT NOT NULL, text TEXT NOT NULL, text_pair TEXT, probabilities TEXT NOT NULL,
  length INTEGER NOT NULL, surprisal REAL NOT NULL, confidence REAL NOT NULL, label TEXT NOT NULL) STRICT""",
    """CREATE TABLE feedback (
  number INTEGER PRIMARY KEY AUTOINCREMENT, prediction TEXT NOT NULL REFERENCES prediction (id), at TEXT NOT NULL,
  who TEXT NOT NULL, labels TEXT NOT NULL, note TEXT NOT NULL) STRICT""",
    "CREATE INDEX feedback_of ON feedback (prediction)",
    "CREATE TRIGGER kept BEFORE DELETE ON feedback BEGIN SELECT RAISE(ABORT, 'feedback is never deleted'); END",
    "CREATE TRIGGER fixed BEFORE UPDATE ON feedback BEGIN SELECT RAISE(ABORT, 'feedback is never changed'); END",
    f"PRAGMA user_version = {_VERSION}",
)


class Kept(NamedTuple):
    """A prediction as it is kept.

    Attributes:
        id: 32 hexadecimal digits that nobody can guess.
        bundle: the first digits of the digest of what answered.
        domain: that it was asked for; empty where none was named.
        text: that was asked about, and ``text_pair``, its second part.
        probabilities: in the order of the bundle's labels.
        features: what is watched of it.
    """

    id: str
    bundle: str
    domain: str
    text: str
    text_pair: str | None
    probabilities: Sequence[float]
    features: Features


class Judged(NamedTuple):
    """A text of the service, with the labels that somebody gave it last; None where nobody did."""

    id: str
    domain: str
    text: str
    text_pair: str | None
    labels: list[str] | None


class Store:
    """Predictions and feedback; made where there is none.

    Feedback is on the disk when :meth:`judge` returns (write-ahead log, synced). Predictions are in the file when
    :meth:`keep` returns, so that a kill loses none; a machine that loses its power may lose those of the last moments.
    Of predictions without feedback the newest ``most`` are kept.

    Args:
        file: the database; its folder is there.
        most: predictions without feedback that are kept.
        wait: seconds for which a writer waits for another one.

    Raises:
        ArtifactError: it cannot be opened, or is of another program.
    """

    def __init__(self, file: Path, most: int = 100_000, wait: float = 30.0) -> None:
        self.file, self._most = file, most
        with self._told():
            self._connection = sqlite3.connect(file, timeout=wait, isolation_level=None, check_same_thread=False)
            self._begin()
            self._connection.execute("PRAGMA journal_mode = WAL")
        self._since_trim, self._lock = 0, threading.Lock()

    def keep(self, predictions: Sequence[Kept]) -> None:
        """Keep predictions, all or none of them."""
        now = _now()
        rows = [
            (one.id, now, one.bundle, one.domain, one.text, one.text_pair, json.dumps(one.probabilities), *one.features)
            for one in predictions
        ]
        with self._writing("NORMAL"):
            self._connection.executemany(
                "INSERT INTO prediction (id, at, bundle, domain, text, text_pair, probabilities, length, surprisal, "
                "confidence, label) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            self._since_trim += len(rows)
            if self._since_trim >= max(1, self._most // 10):
                self._trim()

    def judge(self, prediction: str, labels: Sequence[str], who: str = "", note: str = "") -> int:
        """Keep what somebody says a text is, and return the number of this feedback; the last of several holds.

        Raises:
            MissingResourceError: no such prediction is kept.
        """
        with self._writing("FULL"):
            if not self._connection.execute("SELECT 1 FROM prediction WHERE id = ?", (prediction,)).fetchone():
                raise MissingResourceError(
                    f"there is no prediction {prediction!r}",
                    where="prediction",
                    why="it was made by another service, or longer ago than predictions are kept",
                    remedy="send the id that /predict gave",
                )
            row = (prediction, _now(), who, json.dumps(list(labels), ensure_ascii=False), note)
            sql = "INSERT INTO feedback (prediction, at, who, labels, note) VALUES (?, ?, ?, ?, ?)"
            return self._connection.execute(sql, row).lastrowid or 0

    def counts(self) -> dict[str, int]:
        """Return how many ``predictions`` are kept, and how many of them were ``judged``."""
        with self._told():
            kept = self._connection.execute("SELECT COUNT(*) FROM prediction").fetchone()[0]
            judged = self._connection.execute("SELECT COUNT(DISTINCT prediction) FROM feedback").fetchone()[0]
        return {"predictions": int(kept), "judged": int(judged)}

    def texts(self) -> list[Judged]:
        """Return every text of a domain once, in the order in which they were first asked about, with their labels.

        Of several judgements of a text the last holds.
        """
        sql = """SELECT p.id, p.domain, p.text, p.text_pair, f.number, f.labels
          FROM prediction p LEFT JOIN feedback f ON f.prediction = p.id ORDER BY p.number"""
        found: dict[tuple[str, str, str | None], Judged] = {}
        newest: dict[tuple[str, str, str | None], int] = {}
        with self._told():
            for name, domain, text, pair, number, labels in self._connection.execute(sql):
                key = domain, text, pair
                first = found.setdefault(key, Judged(name, domain, text, pair, None))
                if number is not None and number > newest.get(key, 0):
                    newest[key], found[key] = number, first._replace(labels=json.loads(labels))
        return list(found.values())

    def recent(self, domain: str, rows: int, bundle: str) -> list[Features]:
        """Return what is watched of the newest predictions of a bundle in a domain, the oldest of them first."""
        sql = """SELECT length, surprisal, confidence, label FROM prediction WHERE domain = ? AND bundle = ?
          ORDER BY number DESC LIMIT ?"""
        with self._told():
            return [Features(*row) for row in self._connection.execute(sql, (domain, bundle, rows))][::-1]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        tables = self._connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if version == 0 and tables == 0:
            for statement in _SCHEMA:
                self._connection.execute(statement)
        elif version != _VERSION:
            self._connection.execute("ROLLBACK")
            raise self._no_store()
        self._connection.execute("COMMIT")

    def _no_store(self) -> ArtifactError:
        return ArtifactError(
            "this is no file of feedback, or one of another version", where=str(self.file), remedy="name another file"
        )

    def _trim(self) -> None:
        """Forget the oldest predictions that nobody judged."""
        self._since_trim = 0
        self._connection.execute(
            "DELETE FROM prediction WHERE id NOT IN (SELECT prediction FROM feedback) AND number <= "
            "(SELECT MAX(number) FROM prediction) - ?",
            (self._most,),
        )

    @contextmanager
    def _writing(self, synchronous: str) -> Iterator[None]:
        """Let one thread write at a time, all or nothing."""
        with self._told(), self._lock:
            self._connection.execute(f"PRAGMA synchronous = {synchronous}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.rollback()  # does nothing where the disk was full, and it was done already
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB:
                raise self._no_store() from error
            raise ArtifactError(
                "the file of feedback cannot be read or written",
                where=str(self.file),
                why=str(error),
                remedy="see that the disk has room and that you may write there; what was kept is not lost",
            ) from error


@contextmanager
def opened(file: Path) -> Iterator[Store]:
    """Open what a service kept.

    Raises:
        MissingResourceError: there is no such file.
    """
    if not file.is_file():
        raise MissingResourceError(
            "there is no file of feedback", where=str(file), remedy="name the one that `cdkd serve --feedback` writes"
        )
    with closing(Store(file)) as store:
        yield store


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
