"""Corpora by name: rows with id, text, label and split."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cdkd_kg.data import bbc, tab_corpora, vader
from cdkd_kg.data.contents import contents

Reader = Callable[[Mapping[str, bytes]], Iterator[dict[str, Any]]]

READERS: dict[str, Reader] = {
    "20-newsgroups": tab_corpora.rows,
    "bbc-news": bbc.rows,
    "reuters-r52": tab_corpora.rows,
    "reuters-r8": tab_corpora.rows,
    "vader-sentiment": vader.rows,
}


def read_corpus(name: str, manifest: Path | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of a corpus, fetching it where the cache lacks it.

    A row has ``id`` (stable and unique in the set), ``text`` (bytes where the file is not UTF-8), ``label``,
    ``split`` ("train", "test" or None), ``_line`` (member of the archive, and line) and columns of its own.

    Raises:
        MissingResourceError: there is no such corpus, or it cannot be fetched.
        ArtifactError: the archive is not the listed one.
    """
    files = contents(name, "corpus", manifest)
    return READERS[name](files)
