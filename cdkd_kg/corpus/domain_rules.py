"""Rules that look at a whole domain or task: is there enough to learn from and to measure by?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from cdkd_kg.config import CorpusConfig
from cdkd_kg.corpus.check import Problem, SetAside, Severity
from cdkd_kg.corpus.labels import known_names, tally
from cdkd_kg.corpus.row_rules import Sifted
from cdkd_kg.corpus.rows import Row
from cdkd_kg.errors import nearest

UNKNOWN_SHARE = 0.1
"""A domain with a larger share of unknown labels is refused: its label names are wrong, not its rows."""


def domain_problems(
    config: CorpusConfig, rows: Mapping[str, list[Row]], sifted: Mapping[str, Sifted], aside: Sequence[SetAside]
) -> list[Problem]:
    """Return what is wrong with domains and tasks as a whole, given the rows that are used."""
    found: list[Problem] = []
    for name in config.domains:
        found += _unknown_labels(config, name, sifted[name])
        found += _size(name, rows[name], aside)
        found += _measured(config, name, rows[name])
        found += _groups(name, rows[name])
    for task in config.tasks:
        found += _classes(config, task, rows)
    return found


def _problem(severity: Severity, rule: str, domain: str, reason: str) -> Problem:
    return Problem(severity, rule, domain, "", "", "", reason)


def _unknown_labels(config: CorpusConfig, name: str, sifted: Sifted) -> Iterator[Problem]:
    if sifted.unknown_rows > UNKNOWN_SHARE * sifted.rows_in:
        domain = config.domains[name]
        labels = tally(sifted.unknown, known_names(config.tasks[domain.task], domain))
        yield _problem(
            "refused",
            "unknown-labels",
            name,
            f"{sifted.unknown_rows} of {sifted.rows_in} rows have labels that task {domain.task!r} does not know: "
            f"{labels}; map them under corpus.domains.{name}.labels, or name them in the task",
        )


def _size(name: str, rows: list[Row], aside: Sequence[SetAside]) -> Iterator[Problem]:
    if len(rows) > 1:
        return
    rules: dict[str, int] = defaultdict(int)
    for row in aside:
        if row.domain == name:
            rules[row.rule] += 1
    told = ", ".join(f"{count} {rule}" for rule, count in sorted(rules.items())) or "the source has no row for it"
    if not rows:
        yield _problem("refused", "empty-domain", name, f"the domain has no row that can be used: {told}")
    else:
        reason = "the domain has one document, which cannot be both learned from and measured by"
        yield _problem("refused", "one-document", name, reason + (f"; set aside: {told}" if rules else ""))


def _measured(config: CorpusConfig, name: str, rows: list[Row]) -> Iterator[Problem]:
    labelled = {row.split for row in rows if row.labels is not None}
    if rows and "test" not in labelled:
        reason = "the domain has no labelled row in test, so it gets no score"
        yield _problem("warning", "no-test-rows", name, reason)
    if rows and "validation" not in labelled and config.domains[name].role == "source":
        reason = "the domain has no labelled row in validation, so nothing is chosen or calibrated by it"
        yield _problem("warning", "no-validation-rows", name, reason)


def _groups(name: str, rows: list[Row]) -> Iterator[Problem]:
    splits: dict[str, set[str | None]] = defaultdict(set)
    for row in rows:
        if row.group is not None:
            splits[row.group].add(row.split)
    torn = sorted(group for group, found in splits.items() if len(found) > 1)
    if torn:
        reason = f"{len(torn)} groups are in several of the splits that the data give, such as {torn[0]!r}"
        yield _problem("warning", "group-in-two-splits", name, reason)


def _classes(config: CorpusConfig, task: str, rows: Mapping[str, list[Row]]) -> Iterator[Problem]:
    labels = config.tasks[task].labels
    sources = [name for name, domain in config.domains.items() if domain.task == task and domain.role == "source"]
    taught = {name: _taught(rows[name]) for name in sources}
    missing = [label for label in labels if all(label not in found for found in taught.values())]
    if missing:
        names = ", ".join(f"{label!r}{nearest(label, set().union(*taught.values()))}" for label in missing)
        reason = f"no source domain of task {task!r} has a training row with label {names}"
        yield _problem("refused", "class-without-training-row", ", ".join(sources), reason)
    for name, found in taught.items():
        if len(found) < 2 and rows[name]:
            told = f"the training rows have {'one label alone, ' + repr(*found) if found else 'no label'}"
            covered = not missing and len(set().union(*taught.values())) > 1
            rest = "the other source domains of the task have the rest" if covered else "nothing can be told apart"
            yield _problem("warning" if covered else "refused", "one-class", name, f"{told}; {rest}")


def _taught(rows: Iterable[Row]) -> set[str]:
    return {label for row in rows if row.split == "train" for label in row.labels or ()}
