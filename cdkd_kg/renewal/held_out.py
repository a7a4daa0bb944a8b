"""Texts of a new domain, of which some are held out: nobody learns from them, so that they can show how it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cdkd_kg.config import CorpusConfig, DomainConfig, SourceConfig
from cdkd_kg.corpus.build import check_corpus
from cdkd_kg.corpus.corpus import SPLITS
from cdkd_kg.corpus.pairs import parts
from cdkd_kg.errors import ConfigError
from cdkd_kg.renewal.rows import FEWEST, TEST, share_of, write_rows


def with_held_out(name: str, domain: DomainConfig, corpus: CorpusConfig, folder: Path) -> SourceConfig:
    """Write the texts of a domain that a corpus can have, with a fifth of them as test documents.

    A corpus by itself takes labelled rows alone for the test. Here, of rows without a split, a text is held out by its
    own digest (:func:`~cdkd_kg.renewal.rows.share_of`), and one is at least.

    Args:
        name: of the domain.
        domain: with its source; labels of its test documents are kept.
        corpus: whose rules hold.
        folder: where the file goes, named by its content.

    Raises:
        ConfigError: there are fewer than two texts that can be used.
        MissingResourceError: the source is not there.
    """
    checked, report = check_corpus(corpus.model_copy(update={"domains": {name: domain}}))
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
            remedy="give more texts; `cdkd check` says what is wrong with each",
        )
    _hold_out(rows)
    return write_rows(rows, corpus.tasks[domain.task].multi_label, folder)


def _hold_out(rows: dict[str, dict[str, Any]]) -> None:
    free = [row for row in rows.values() if row["split"] == "train"]
    free.sort(key=lambda row: share_of(row["text"], row["text_pair"]))
    measures = any(row["split"] == "test" for row in rows.values())
    for place, row in enumerate(free[:-1]):  # one at least is learned from
        if share_of(row["text"], row["text_pair"]) < TEST or not (place or measures):
            row["split"] = "test"
