"""From a configuration to a corpus: read every domain, sieve its rows, split them, and say what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from datasets import Dataset, DatasetDict

from cdkd_kg.artifacts import sha256_text
from cdkd_kg.config import CorpusConfig, DomainConfig
from cdkd_kg.corpus.check import ON_PURPOSE, CheckReport, DomainSummary, Problem, SetAside, sorted_problems
from cdkd_kg.corpus.corpus import FEATURES, SPLITS, Corpus
from cdkd_kg.corpus.domain_rules import domain_problems
from cdkd_kg.corpus.duplicates import without_duplicate_ids, without_duplicate_texts, without_leaks
from cdkd_kg.corpus.limit import within_limits
from cdkd_kg.corpus.read import read_rows
from cdkd_kg.corpus.row_rules import Sifted, sift
from cdkd_kg.corpus.rows import RawRow, Row
from cdkd_kg.corpus.split import with_splits
from cdkd_kg.errors import DataRefusedError
from cdkd_kg.progress import track

Reader = Callable[[str, DomainConfig, int], Iterable[RawRow]]
TOLD = 5
"""How many refusals an error message spells out."""


def build_corpus(config: CorpusConfig) -> tuple[Corpus, CheckReport]:
    """Return the corpus of a configuration and the report of its check.

    Raises:
        DataRefusedError: the data have a problem that forbids training on them.
        MissingResourceError: a source is not there.
    """
    corpus, report = check_corpus(config)
    refusals = [problem for problem in report.problems if problem.severity == "refused"]
    if refusals:
        told = "; ".join(f"{problem.domain}: {problem.reason}" for problem in refusals[:TOLD])
        more = f"; and {len(refusals) - TOLD} more" if len(refusals) > TOLD else ""
        raise DataRefusedError(
            f"the data are refused, {len(refusals)} problem{'s' * (len(refusals) > 1)}",
            where=", ".join(dict.fromkeys(problem.domain for problem in refusals)),
            why=told + more,
            remedy="run `cdkd check` on this configuration to see every row; correct the data or the configuration",
        )
    return corpus, report


def check_corpus(config: CorpusConfig, read: Reader = read_rows) -> tuple[Corpus, CheckReport]:
    """Return the corpus and the report, whatever the report says.

    Every row that ``read`` yields ends in the corpus or among the rows set aside.
    """
    sifted, refusals, aside = {}, [], []
    rows: dict[str, list[Row]] = {}
    for name, domain in config.domains.items():
        sifted[name] = Sifted()
        refusals += _sift(name, domain, config, read, sifted[name])
        rows[name], more = _unique(sifted[name].rows)
        rows[name] = with_splits(rows[name], config.split)
        aside += [*sifted[name].aside, *more]
    clean, more = without_leaks(row for name in rows for row in rows[name])
    aside += more
    for name, domain in config.domains.items():
        mine = [row for row in clean if row.domain == name]
        rows[name], more = within_limits(mine, domain, config.split.seed)
        aside += more
    problems = [*refusals, *domain_problems(config, rows, sifted, aside)]
    problems += [row.problem() for row in aside if row.rule not in ON_PURPOSE]
    problems += [warning for name in sifted for warning in sifted[name].warnings]
    report = CheckReport(
        problems=sorted_problems(problems),
        set_aside=tuple(aside),
        rows_in=sum(found.rows_in for found in sifted.values()),
        rows_used=sum(map(len, rows.values())),
        per_domain={name: _summary(name, config, rows[name], sifted[name], aside) for name in config.domains},
    )
    return _corpus(config, rows), report


def _sift(name: str, domain: DomainConfig, config: CorpusConfig, read: Reader, into: Sifted) -> list[Problem]:
    raws = track(read(name, domain, config.max_line_bytes), f"reading {name}")
    try:
        sift(raws, config.tasks[domain.task], domain, config.max_line_bytes, into)
    except DataRefusedError as error:
        reason = ". ".join(part for part in (error.what, error.why, error.remedy) if part)
        return [Problem("refused", "unreadable-source", name, error.where, "", "", reason)]
    return []


def _unique(rows: list[Row]) -> tuple[list[Row], list[SetAside]]:
    rows, first = without_duplicate_ids(rows)
    rows, second = without_duplicate_texts(rows)
    return rows, [*first, *second]


def _summary(name: str, config: CorpusConfig, rows: list[Row], sifted: Sifted, aside: list[SetAside]) -> DomainSummary:
    domain = config.domains[name]
    counts = {split: sum(row.split == split for row in rows) for split in SPLITS}
    labelled = sum(row.split == "train" and row.labels is not None for row in rows) * (domain.role == "source")
    mine = [row.rule for row in aside if row.domain == name]
    return DomainSummary(
        task=domain.task,
        role=domain.role,
        rows_in=sifted.rows_in,
        labelled=labelled,
        unlabelled=counts["train"] - labelled,
        validation=counts["validation"],
        test=counts["test"],
        set_aside=len(mine),
        left_out=mine.count("left-out"),
        over_row_limit=mine.count("over-row-limit"),
    )


def _corpus(config: CorpusConfig, rows: dict[str, list[Row]]) -> Corpus:
    hidden: dict[str, list[str]] = {}
    splits: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    for name, domain in config.domains.items():
        for row in rows[name]:
            document = _document(row, domain.task)
            if domain.role == "target" and row.split != "test" and document["label"] is not None:
                hidden[document["id"]] = document.pop("label")
            splits[row.split or "train"].append(document)
    tables = {split: Dataset.from_dict(_columns(found), features=FEATURES) for split, found in splits.items()}
    return Corpus(config.tasks, config.domains, DatasetDict(tables), dict(sorted(hidden.items())))


def _document(row: Row, task: str) -> dict[str, Any]:
    return {
        "id": f"{row.domain}/{row.id}",
        "text": row.text,
        "text_hash": sha256_text(row.text),
        "domain": row.domain,
        "task": task,
        "label": None if row.labels is None else list(row.labels),
    }


def _columns(documents: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    ordered = sorted(documents, key=lambda document: document["id"])
    return {name: [document.get(name) for document in ordered] for name in FEATURES}


def rows_of(grouped: dict[str, list[RawRow]]) -> Reader:
    """Return a reader over rows that are already in memory, by domain."""

    def read(domain: str, _config: DomainConfig, _limit: int) -> Iterator[RawRow]:
        yield from grouped.get(domain, [])

    return read
