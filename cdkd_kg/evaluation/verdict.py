"""Whether the graph was worth it: one rule, fixed in advance, and plain sentences with the numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdkd_kg.evaluation.compare import SIGNIFICANT, SUBJECT
from cdkd_kg.evaluation.words import condition_name, in_text, listed, percent, plural, points, span

CONTROLS, BASE = ("text_teacher", "shuffled_graph"), "no_distillation"
BEATS = "the student of the graph teacher beats both that of the text teacher and that of the shuffled graph"
TOLD = 4
"""How many domains the text spells out, those that were harmed first and all of them; the rest is in the table."""


@dataclass(frozen=True)
class Finding:
    """The graph teacher's student on one domain against both controls."""

    domain: str
    against: Mapping[str, Mapping[str, Any]]
    scores: Mapping[str, Mapping[str, Any]]

    def beats(self, control: str) -> bool:
        """Say whether a control is beaten: interval above 0 and corrected p below 0.05."""
        found = self.against[control]
        return bool(found["low"] > 0 and found["p"] < SIGNIFICANT)

    @property
    def helped(self) -> bool:
        """Say whether both controls are beaten."""
        return all(map(self.beats, CONTROLS))

    @property
    def harmed(self) -> bool:
        """Say whether the student of the text teacher alone is better, interval and p as above."""
        text = self.against[CONTROLS[0]]
        return bool(text["high"] < 0 and text["p"] < SIGNIFICANT)


def verdict(
    task: str,
    students: Mapping[str, Mapping[str, Mapping[str, Any]]],
    comparisons: Mapping[str, Sequence[Mapping[str, Any]]],
    targets: Collection[str] = (),
) -> dict[str, Any]:
    """Say whether the graph helped.

    It did only where the student of the graph teacher beats the student of the text teacher *and* that of the
    shuffled graph, each with a paired 95 % interval above 0 and a Holm-corrected p below 0.05. ``helped`` asks
    this of every target domain with labelled test rows.

    Args:
        task: the task's name.
        students: ``{condition: {domain: {"n", "scores", ...}}}``.
        comparisons: ``{domain: [{"a", "b", "metric", "difference", "low", "high", "p"}]}``.
        targets: the target domains; where none is given, every domain is judged.

    Returns:
        ``helped`` and ``text``.
    """
    missing = [name for name in (*CONTROLS, SUBJECT) if name not in students]
    if missing:
        names = listed([f"'{condition_name(name)}'" for name in missing])
        unknown = _unknown(task, f"the condition{'s' * (len(missing) > 1)} {names} did not run")
        return unknown | {"text": " ".join([unknown["text"], *_what_is_known(comparisons, targets)])}
    findings = _findings(students, comparisons, targets)
    if not findings:
        return _unknown(task, f"no {'target ' * bool(targets)}domain has labelled test documents")
    helped = [finding for finding in findings if finding.helped]
    kind = "target domain" if targets else "domain"
    harmed = [finding for finding in findings if finding.harmed]
    told = [*harmed, *(finding for finding in findings if not finding.harmed)][: max(TOLD, len(harmed))]
    sentences = [_headline(task, findings, helped, harmed, kind), *map(_detail, told)]
    if len(findings) > len(told):
        sentences.append(f"The table of comparisons shows the other {len(findings) - len(told)}.")
    if _seeds(findings[0]) == 1:
        sentences.append("One seed was run, and seeds vary more than these intervals show.")
    return {"helped": len(helped) == len(findings), "text": " ".join(sentences)}


def _findings(
    students: Mapping[str, Mapping[str, Mapping[str, Any]]],
    comparisons: Mapping[str, Sequence[Mapping[str, Any]]],
    targets: Collection[str],
) -> list[Finding]:
    found = []
    for domain in sorted(comparisons):
        against = {row["b"]: row for row in comparisons[domain] if row["a"] == SUBJECT and row["b"] in CONTROLS}
        if len(against) == len(CONTROLS) and (not targets or domain in targets):
            metric = against[CONTROLS[0]]["metric"]
            scores = {name: students[name][domain]["scores"][metric] for name in (SUBJECT, *CONTROLS)}
            found.append(Finding(domain, against, scores))
    return found


def _headline(
    task: str, findings: Sequence[Finding], helped: Sequence[Finding], harmed: Sequence[Finding], kind: str
) -> str:
    names = _names(helped)
    harm = f"on {_names(harmed)}, the text teacher alone makes the better student"
    if helped and harmed:
        return (
            f"The knowledge graph did harm in {task} on {_share(harmed, findings, kind)} and helped on "
            f"{_share(helped, findings, kind)}: {harm}; on {names}, {BEATS}."
        )
    if len(helped) == len(findings):
        where = f"on {names}" if len(findings) == 1 else f"on each of the {plural(len(findings), kind)}"
        return f"The knowledge graph helped in {task}: {where}, {BEATS}."
    if helped:
        return f"The knowledge graph helped in {task} on {_share(helped, findings, kind)} ({names}): there, {BEATS}."
    if harmed:
        return f"The knowledge graph did harm in {task}: {harm}."
    if unowed := _names([finding for finding in findings if finding.beats("text_teacher")]):
        return (
            f"The knowledge in the graph was not shown to help in {task}: on {unowed}, the student of the graph "
            "teacher beats that of the text teacher, but a shuffled graph may do as well."
        )
    return f"The knowledge graph was not shown to help in {task}: nowhere is it clear that {BEATS}."


def _share(some: Sequence[Finding], findings: Sequence[Finding], kind: str) -> str:
    return f"{len(some)} of {plural(len(findings), kind)}"


def _names(findings: Sequence[Finding]) -> str:
    return listed([finding.domain for finding in findings])


def _detail(finding: Finding) -> str:
    text, shuffled = (finding.against[name] for name in CONTROLS)
    mine, theirs = (finding.scores[name]["seeds"] for name in (SUBJECT, CONTROLS[0]))
    ahead = sum(one > other for one, other in zip(mine, theirs, strict=False))
    seeds = f", ahead in {ahead} of {plural(len(mine), 'seed')}," if len(mine) > 1 else ""
    reached = f"{percent(finding.scores[SUBJECT]['mean'])} {in_text(text['metric'])}"
    return (
        f"On {finding.domain} the graph teacher's student reaches {reached}: {points(text['difference'])} points "
        f"(95 % interval {span(text['low'], text['high'])}) against the text teacher's{seeds} and "
        f"{points(shuffled['difference'])} ({span(shuffled['low'], shuffled['high'])}) against the shuffled graph's."
    )


def _what_is_known(comparisons: Mapping[str, Sequence[Mapping[str, Any]]], targets: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each comparison of the graph teacher's student that was made after all."""
    for domain in sorted(comparisons):
        for row in comparisons[domain] if not targets or domain in targets else ():
            clear = row["p"] < SIGNIFICANT and (row["low"] > 0 or row["high"] < 0)
            word = "better" if row["difference"] > 0 else "worse"
            than = "the one without distillation" if row["b"] == BASE else f"that of '{condition_name(row['b'])}'"
            said = f"is clearly {word} than {than}" if clear else f"is not clearly better or worse than {than}"
            yield (
                f"On {domain} the graph teacher's student {said}: {points(row['difference'])} points "
                f"(95 % interval {span(row['low'], row['high'])})."
            )


def _seeds(finding: Finding) -> int:
    return len(finding.scores[SUBJECT]["seeds"])


def _unknown(task: str, why: str) -> dict[str, Any]:
    return {"helped": False, "text": f"Whether the knowledge graph helped in {task} cannot be said: {why}."}
