"""How far curators agree, and where they do not: the same things judged by several people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

from pyoxigraph import NamedNode
from sklearn.metrics import cohen_kappa_score

from cdkd_kg.graph.decisions.decision import Decision, in_force
from cdkd_kg.graph.namespaces import ITSRDF

UNSURE, NEW, NOT = "unsure", "something new", "not that"
_JUDGING = {"accept", "reject", "unsure", "link", "create", "split", "change relation"}


class Verdict(NamedTuple):
    """What somebody said of a mention or a relation.

    Attributes:
        iri: of the mention, or of the statement.
        says: the IRI of an entity, "something new", "not that", "unsure", or the kind of a decision on a relation.
        decision: by which they said it.
    """

    iri: str
    says: str
    decision: Decision


class Agreement(NamedTuple):
    """How far two people agree.

    Attributes:
        one: of them.
        other: of them.
        judged: how many things both have judged; those that one was unsure of do not count.
        observed: of which share they said the same.
        kappa: Cohen's; None where chance explains all agreement, as both always said the same one thing.
    """

    one: str
    other: str
    judged: int
    observed: float
    kappa: float | None


def verdicts(decisions: Iterable[Decision]) -> list[Verdict]:
    """Return what people said of single things, by time; decisions that were undone do not count."""
    found = []
    for decision in in_force(decisions):
        if decision.what.kind in _JUDGING:
            meant = {
                triple.subject.value: triple.object.value
                for triple in decision.what.accepts
                if triple.predicate == ITSRDF.taIdentRef and isinstance(triple.subject, NamedNode)
                if isinstance(triple.object, NamedNode)
            }
            found += [Verdict(iri, _says(decision, meant.get(iri)), decision) for iri in decision.what.about]
    return found


def agreements(decisions: Iterable[Decision]) -> list[Agreement]:
    r"""Return how far each two people agree who have judged some of the same things.

    With the share :math:`p_o` of these of which both said the same, and the share :math:`p_e` of which they would by
    chance, each keeping to how often they say what,

    .. math:: \kappa = \frac{p_o - p_e}{1 - p_e}

    Source: Cohen, A Coefficient of Agreement for Nominal Scales, Educational and Psychological Measurement 20, 1960.
    """
    said: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for verdict in verdicts(decisions):
        said[verdict.decision.who][verdict.iri] = verdict.says
    sure = {who: {iri: says for iri, says in mine.items() if says != UNSURE} for who, mine in said.items()}
    pairs = []
    for one, other in combinations(sorted(sure), 2):
        both = sorted(sure[one].keys() & sure[other].keys())
        if both:
            mine, theirs = ([sure[who][iri] for iri in both] for who in (one, other))
            observed = sum(map(str.__eq__, mine, theirs)) / len(both)
            kappa = None if len({*mine, *theirs}) == 1 else float(cohen_kappa_score(mine, theirs))
            pairs.append(Agreement(one, other, len(both), observed, kappa))
    return pairs


def disputed(decisions: Iterable[Decision]) -> dict[str, list[Verdict]]:
    """Return the verdicts on what is in dispute, by IRI: two people said different things, and nobody decided after."""
    open_: dict[str, list[Verdict]] = {}
    last: defaultdict[str, dict[str, Verdict]] = defaultdict(dict)
    for verdict in verdicts(decisions):
        if verdict.says == UNSURE:
            continue
        mine = last[verdict.iri]
        if open_.pop(verdict.iri, None):
            mine.clear()  # this settles it
        mine[verdict.decision.who] = verdict
        if len({one.says for one in mine.values()}) > 1:
            open_[verdict.iri] = list(mine.values())
    return open_


def judged_by_others(decisions: Iterable[Decision], who: str) -> set[str]:
    """Return the IRIs that somebody has judged, but not this person."""
    by: defaultdict[bool, set[str]] = defaultdict(set)
    for verdict in verdicts(decisions):
        by[verdict.decision.who == who].add(verdict.iri)
    return by[False] - by[True]


def _says(decision: Decision, meant: str | None) -> str:
    match decision.what.kind:
        case "unsure":
            return UNSURE
        case "create" | "split":
            return NEW  # each makes an entity of its own, whatever they call it
        case "reject":
            return NOT
        case kind:
            return meant or kind
