"""What a check says: problems, the rows it set aside, and a summary of every domain."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from cdkd_kg.artifacts import canonical_json
from cdkd_kg.corpus.rows import RawRow, Row, printable

Severity = Literal["refused", "set aside", "warning"]
SEVERITIES: tuple[Severity, ...] = ("refused", "set aside", "warning")
ON_PURPOSE = frozenset({"left-out", "over-row-limit"})
"""Rules by which the configuration itself leaves rows out: counted and written down, but no problem."""
SET_ASIDE_FILE = "set_aside.jsonl"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the data, and where; ``refused`` means that nothing may be trained on them."""

    severity: Severity
    rule: str
    domain: str
    file: str
    line: int | str
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that is not used: where it is, by which rule, why, and the first 200 characters of it."""

    domain: str
    file: str
    line: int | str
    id: str
    rule: str
    reason: str
    text: str

    @classmethod
    def of(cls, row: RawRow | Row, rule: str, reason: str) -> Self:
        """Set a row aside."""
        text = row.text if isinstance(row.text, str | bytes) else "" if row.text is None else str(row.text)
        start = printable(text[:800])[:200]
        return cls(row.domain, printable(row.file), row.line, printable(row.id or ""), rule, printable(reason), start)

    def problem(self) -> Problem:
        """Return the line of the problem table for this row."""
        return Problem("set aside", self.rule, self.domain, self.file, self.line, self.id, self.reason)


@dataclass(frozen=True, slots=True)
class DomainSummary:
    """Rows of one domain. ``labelled`` and ``unlabelled`` are training rows as training sees them."""

    task: str
    role: str
    rows_in: int
    labelled: int
    unlabelled: int
    validation: int
    test: int
    set_aside: int
    left_out: int
    over_row_limit: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything a check found; ``rows_in == rows_used + rows_set_aside`` always."""

    problems: tuple[Problem, ...]
    set_aside: tuple[SetAside, ...]
    rows_in: int
    rows_used: int
    per_domain: dict[str, DomainSummary]

    @property
    def rows_set_aside(self) -> int:
        """How many rows are not used."""
        return len(self.set_aside)

    @property
    def refused(self) -> bool:
        """Whether anything forbids training on these data."""
        return any(problem.severity == "refused" for problem in self.problems)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values, ready for JSON, without the rows themselves."""
        return {
            "refused": self.refused,
            "rows_in": self.rows_in,
            "rows_used": self.rows_used,
            "rows_set_aside": self.rows_set_aside,
            "per_domain": {name: asdict(summary) for name, summary in self.per_domain.items()},
            "rules": dict(sorted(Counter(row.rule for row in self.set_aside).items())),
            "problems": [asdict(problem) for problem in self.problems],
        }

    def set_aside_jsonl(self) -> str:
        """Return every row that is not used as JSON Lines: domain, file, line, id, rule, reason, text."""
        return "".join(canonical_json(asdict(row)) + "\n" for row in self.set_aside)


def sorted_problems(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return problems with the refusals first; inside a severity they stay in the order of the data."""
    return tuple(sorted(problems, key=lambda problem: SEVERITIES.index(problem.severity)))
