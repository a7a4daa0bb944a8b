"""One table of labelled rows as a corpus of its own: every domain in it is a source of one task."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path

from cdkd_kg.config import CorpusConfig, DomainConfig, SourceConfig, TaskConfig
from cdkd_kg.corpus.build import check_corpus, rows_of
from cdkd_kg.corpus.check import CheckReport, Problem, SetAside, sorted_problems
from cdkd_kg.corpus.label_hints import label_hints
from cdkd_kg.corpus.labels import LabelError, label_names
from cdkd_kg.corpus.read import GROUP, OURS, insist, plain, read_path, to_raw_row
from cdkd_kg.corpus.rows import RawRow, printable
from cdkd_kg.errors import DataRefusedError, MissingResourceError

COLUMNS = ("id", "text", "domain", "label")
TASK = "task"
MAX_LINE_BYTES = 1 << 20


def check_table(path: Path) -> CheckReport:
    """Check a CSV, JSONL or Parquet file with columns id, text, domain, label and, where there are splits, split.

    The labels of the task are those that are found.

    Raises:
        MissingResourceError: there is no such file.
    """
    if not path.is_file():
        raise MissingResourceError("there is no such file", where=str(path), remedy="give a table or a YAML file")
    try:
        domains, strays = _by_domain(path)
    except DataRefusedError as error:
        return _refused(path, ". ".join(part for part in (error.what, error.why, error.remedy) if part))
    if not domains and not strays:
        return _refused(path, "the file has no rows. Put them below the line that names the columns")
    if not domains:
        return _with_strays(_refused(path, "no row names a domain"), strays)
    source = SourceConfig(path=path)
    # The rules say what is wrong with a task of fewer than two labels; the model would only refuse it.
    labels = _labels(domains.values())
    task = TaskConfig.model_construct(labels=tuple(sorted(set(labels))), multi_label=False)
    # Nor does a table's domain have to be called what a configuration may call one: it may be "BBC News".
    config = CorpusConfig.model_construct(
        tasks={TASK: task}, domains={name: DomainConfig(task=TASK, source=source) for name in sorted(domains)}
    )
    report = _with_strays(check_corpus(config, rows_of(domains))[1], strays)
    return replace(report, problems=(*report.problems, *label_hints(labels, str(path))))


def _by_domain(path: Path) -> tuple[dict[str, list[RawRow]], list[SetAside]]:
    """Return the rows of each domain, and those that name none."""
    names: dict[str, str] = {ours: ours for ours in OURS}
    domains: dict[str, list[RawRow]] = {}
    strays = []
    columns = {*OURS, GROUP}
    for record in insist(read_path(path, columns, set(COLUMNS), MAX_LINE_BYTES), set(COLUMNS)):
        values = record.values or {}
        name = plain(values.get("domain"))
        raw = to_raw_row(record, name or "", names)
        if name is None or name != printable(name):
            reason = "the row names no domain" if name is None else "the domain's name holds bytes that are no text"
            strays.append(SetAside.of(raw, *(raw.fault or ("no-domain", reason))))
        else:
            domains.setdefault(name.strip(), []).append(replace(raw, domain=name.strip()))
    return domains, strays


def _labels(domains: Iterable[list[RawRow]]) -> list[str]:
    """Return the labels of the rows that have one, row by row."""
    found: list[str] = []
    for row in chain.from_iterable(domains):
        with suppress(LabelError):  # the rules set such a row aside, with the reason
            found += (label_names(row.label) or []) if row.fault is None else []
    return found


def _refused(path: Path, reason: str) -> CheckReport:
    problem = Problem("refused", "unreadable-source", "", str(path), "", "", reason)
    return CheckReport((problem,), (), 0, 0, {})


def _with_strays(report: CheckReport, strays: list[SetAside]) -> CheckReport:
    return replace(
        report,
        problems=sorted_problems([*report.problems, *(row.problem() for row in strays)]),
        set_aside=(*report.set_aside, *strays),
        rows_in=report.rows_in + len(strays),
    )
