"""Texts of a new domain, of which some are held out: nobody learns from them, so that they can show how it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from cdkd_kg.config import CorpusConfig, DomainConfig, SourceConfig
from cdkd_kg.corpus.build import check_corpus
from cdkd_kg.corpus.corpus import SPLITS
from cdkd_kg.corpus.pairs import parts
from cdkd_kg.corpus.read import read_rows
from cdkd_kg.corpus.rows import RawRow
from cdkd_kg.errors import ConfigError
from cdkd_kg.renewal.rows import FEWEST, TEST, share_of, write_rows


def with_held_out(
    name: str, domain: DomainConfig, corpus: CorpusConfig, reads: Collection[str], folder: Path
) -> SourceConfig:
    """Write the texts of a domain that a corpus can have, with a fifth of them as test documents.

    A corpus by itself draws labelled rows alone for the test. Where the source gives no test split, texts join those
    until they are a fifth, and one at least; which ones, their digests say (:func:`~cdkd_kg.renewal.rows.share_of`).

    Args:
        name: of the domain.
        domain: with its source; labels of its test documents are kept.
        corpus: whose rules hold.
        reads: what the student reads; see :attr:`~cdkd_kg.inference.bundle.Bundle.reads`.
        folder: where the file goes, named by its content.

    Raises:
        ConfigError: there are fewer than two texts that can be used, or they are pairs for a student that reads none.
        MissingResourceError: the source is not there.
    """
    given: set[str | None] = set()

    def reading(domain: str, config: DomainConfig, limit: int) -> Iterator[RawRow]:
        for row in read_rows(domain, config, limit):
            given.add(row.split)
            yield row

    checked, report = check_corpus(corpus.model_copy(update={"domains": {name: domain}}), reading)
    rows: dict[str, dict[str, Any]] = {}
    for split in SPLITS:
        table = checked.rows(domain.task, split)
        for number, text, label in zip(table["id"][:], table["text"][:], table["label"][:], strict=True):
            first, second = parts(text)
            rows[number.partition("/")[2]] = {"text": first, "text_pair": second, "label": label, "split": split}
    if len(rows) < FEWEST:
        refused = next((problem.reason for problem in report.problems if problem.severity == "refused"), "")
        raise ConfigError(
            f"{len(rows)} of {report.rows_in:,} texts can be used, and a domain needs {FEWEST} at least",
            where="--texts",
            why=refused,
            remedy="give more texts, and with --column text=NAME the column they are in",
        )
    kinds = {"text" if row["text_pair"] is None else "pair" for row in rows.values()}
    if wrong := kinds - set(reads):
        raise ConfigError(
            f"the student reads no {wrong.pop()}",
            where="--texts",
            why=f"it was made of rows of the kind {' and '.join(reads)}",
            remedy="give texts of that kind; --column text_pair=NAME names a second part",
        )
    if "test" not in given:
        _hold_out(rows)
    return write_rows(rows, corpus.tasks[domain.task].multi_label, folder)


def _hold_out(rows: dict[str, dict[str, Any]]) -> None:
    free = [row for row in rows.values() if row["split"] == "train"]
    free.sort(key=lambda row: share_of(row["text"], row["text_pair"]))
    missing = max(1, round(TEST * len(rows))) - sum(row["split"] == "test" for row in rows.values())
    for row in free[: max(0, min(missing, len(free) - 1))]:  # one at least is learned from
        row["split"] = "test"
