"""Names of entities as somebody types them: a million labels, answered while they type."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cdkd_kg.entities.linking.aliases import Label
from cdkd_kg.entities.linking.names import fold

LONGEST = 200
"""Characters of what is typed that count."""
_LEAST, _CUTS = 3, 20
_WORD = re.compile(r"\w+")


class Hit(NamedTuple):
    """An entity, the name of it that was found, and the name that is preferred."""

    iri: str
    name: str
    preferred: str


def shorter(typed: str) -> Iterator[str]:
    """Yield what was typed with its longest words cut at their ends, letter by letter, as long as three are left.

    That is done 20 times at most.

    Example:
        >>> list(shorter("fluu in"))
        ['flu in']
    """
    words = _WORD.findall(fold(typed[:LONGEST]))
    for _ in range(_CUTS):
        if not words or len(max(words, key=len)) <= _LEAST:
            return
        longest = max(range(len(words)), key=lambda place: len(words[place]))
        words[longest] = words[longest][:-1]
        yield " ".join(words)


class Search:
    """Finds entities by the beginnings of words in their names, shortest names first.

    SQLite's full-text index (FTS5) in memory, with an index of word beginnings; rows are put in by length, so that the
    best come first and the search ends as soon as there are enough.

    Args:
        labels: of the entities.
    """

    def __init__(self, labels: Iterable[Label]) -> None:
        self._lock = threading.Lock()
        self._base = sqlite3.connect(":memory:", check_same_thread=False)
        self._base.execute(
            "CREATE VIRTUAL TABLE name USING fts5 (folded, iri UNINDEXED, text UNINDEXED, prefix='1 2 3')"
        )
        ordered = sorted(labels, key=lambda label: (len(label.text), label))
        self._preferred = {label.iri: label.text for label in reversed(ordered) if label.kind == "preferred"}
        rows = ((fold(label.text), label.iri, label.text) for label in ordered)
        with self._base:
            self._base.executemany("INSERT INTO name VALUES (?, ?, ?)", rows)

    def find(self, typed: str, most: int = 10) -> list[Hit]:
        """Return the entities whose names have words that begin as the typed ones do, each once."""
        words = _WORD.findall(fold(typed[:LONGEST]))
        if not words:
            return []
        wanted = " ".join(f'"{word}" *' for word in words)
        with self._lock:
            found = self._base.execute(
                "SELECT iri, text FROM name WHERE name MATCH ? ORDER BY rowid LIMIT ?", (wanted, most * 5)
            ).fetchall()
        hits: dict[str, Hit] = {}
        for iri, text in found:
            hits.setdefault(iri, Hit(iri, text, self._preferred.get(iri, text)))
        return list(hits.values())[:most]
