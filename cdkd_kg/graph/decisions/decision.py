"""One decision of a curator, and what holds after many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args

from pyoxigraph import Literal as RdfLiteral
from pyoxigraph import NamedNode, Triple

from cdkd_kg.artifacts import canonical_json, sha256_text
from cdkd_kg.graph.namespaces import ITSRDF, SKOS
from cdkd_kg.graph.terms import triple_of

Kind = Literal[
    "accept", "reject", "unsure", "link", "create", "merge", "split", "relabel", "add alias", "drop alias",
    "add relation", "change relation", "deprecate", "undo", "import",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
Triples = frozenset[Triple]
_SINGLE = {ITSRDF.taIdentRef, ITSRDF.taConfidence, SKOS.prefLabel}
Slot = tuple[NamedNode, NamedNode, str]


class Draft(NamedTuple):
    """What is to be decided: triples that hold from now on, and triples that do not, whoever says them.

    Attributes:
        kind: what was done.
        label: the same in a sentence.
        about: IRIs of mentions, entities or statements that it judges; two decisions about one of them can conflict.
        accepts: triples that hold.
        rejects: triples that do not; one that is also accepted holds.
        undoes: the id of the decision that no longer counts.
    """

    kind: Kind
    label: str
    about: tuple[str, ...]
    accepts: tuple[Triple, ...] = ()
    rejects: tuple[Triple, ...] = ()
    undoes: str = ""

    def names(self) -> set[str]:
        """Return the IRIs that are an end of what it accepts."""
        return _named(self.accepts)


@dataclass(frozen=True)
class Decision:
    """A draft that somebody stands for.

    Attributes:
        what: was decided.
        who: decided.
        at: the time in UTC, as xsd:dateTime in its canonical form; no two of one log are the same.
        why: in their words; may be empty.
        base: the id of the last decision that they could have seen; empty for the first.
    """

    what: Draft
    who: str
    at: str
    why: str = ""
    base: str = ""

    @cached_property
    def id(self) -> str:
        """32 hexadecimal digits of the SHA-256 of the record."""
        return sha256_text(canonical_json(self.record()))[:32]

    def record(self) -> dict[str, Any]:
        """Return the decision as JSON has it, without its id; sets are sorted."""
        what = self.what
        return {
            "kind": what.kind,
            "label": what.label,
            "about": sorted(set(what.about)),
            "accepts": sorted({str(triple) for triple in what.accepts}),
            "rejects": sorted({str(triple) for triple in what.rejects} - {str(triple) for triple in what.accepts}),
            "undoes": what.undoes,
            "who": self.who,
            "at": self.at,
            "why": self.why,
            "base": self.base,
        }

    def speaks_of(self) -> set[str]:
        """Return the IRIs that it is about, or that are an end of what it accepts or rejects."""
        return {*self.what.about, *_named(self.what.accepts), *_named(self.what.rejects)}

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Decision:
        """Return the decision that :meth:`record` describes."""
        accepts, rejects = (tuple(map(triple_of, record[name])) for name in ("accepts", "rejects"))
        what = Draft(record["kind"], record["label"], tuple(record["about"]), accepts, rejects, record["undoes"])
        return cls(what, record["who"], record["at"], record["why"], record["base"])


class Settled(NamedTuple):
    """What people said holds, and what they said does not."""

    accepted: Triples
    rejected: Triples


def moment(at: str) -> str:
    """Return a time so that earlier ones sort before later ones: as text, "05.12Z" would come after "05.123Z"."""
    return at.removesuffix("Z")


def in_order(decisions: Iterable[Decision]) -> list[Decision]:
    """Return decisions by time; who knows the same ones has the same order, wherever they come from."""
    return sorted(decisions, key=lambda one: (moment(one.at), one.id))


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the decisions that were not undone, undoings among them, by time.

    An undoing is later than what it undoes, since each log gives later times than all it knows.
    """
    undone: set[str] = set()
    kept = []
    for decision in reversed(in_order(decisions)):
        if decision.id not in undone:
            undone.add(decision.what.undoes)
            kept.append(decision)
    return kept[::-1]


def in_force(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the decisions that count, by time: not undone, or undone by what was itself undone."""
    return [one for one in standing(decisions) if not one.what.undoes]


def judged_last(decisions: Iterable[Decision]) -> dict[str, str]:
    """Return by which kind of decision each IRI was judged last; being unsure counts where nobody was sure.

    A mention that lost its meaning since, as that is not used any more, is not judged.

    Args:
        decisions: in force, by time; see :func:`in_force`.
    """
    judged: dict[str, str] = {}
    for decision in decisions:
        what = decision.what
        fresh = dict.fromkeys(what.about, what.kind)
        judged = fresh | judged if what.kind == "unsure" else judged | fresh
        if what.kind == "deprecate":
            moved = {one.subject for one in what.accepts if one.predicate == ITSRDF.taIdentRef}
            for lost in {one.subject for one in what.rejects if one.predicate == ITSRDF.taIdentRef} - moved:
                judged.pop(lost.value if isinstance(lost, NamedNode) else "", None)
    return judged


def fold(decisions: Iterable[Decision]) -> Settled:
    """Return what holds after all decisions: of each triple, what was said last.

    Of what can be said but once (:func:`slot_of`) the last that was accepted takes the place of others.
    It depends on the set of decisions alone, so undoing one is the fold without it, and two curators who exchange
    theirs come to the same graph.
    """
    accepted: set[Triple] = set()
    rejected: set[Triple] = set()
    only: dict[Slot, Triple] = {}
    for decision in in_force(decisions):
        accepted.difference_update(decision.what.rejects)
        rejected.update(decision.what.rejects)
        rejected.difference_update(decision.what.accepts)
        for triple in decision.what.accepts:
            if slot := slot_of(triple):
                accepted.discard(only.get(slot, triple))
                only[slot] = triple
        accepted.update(decision.what.accepts)
    return Settled(frozenset(accepted), frozenset(rejected))


def slot_of(triple: Triple) -> Slot | None:
    """Return what only one triple can say, and this one does; None where there may be several.

    A mention means one entity and is sure of it once, and an entity has one preferred name a language; a name without a
    language counts as English.
    """
    if triple.predicate not in _SINGLE or not isinstance(triple.subject, NamedNode):
        return None
    language = triple.object.language or "en" if isinstance(triple.object, RdfLiteral) else ""
    return triple.subject, triple.predicate, language


def _named(triples: Iterable[Triple]) -> set[str]:
    ends = (end for triple in triples for end in (triple.subject, triple.object))
    return {end.value for end in ends if isinstance(end, NamedNode)}


def later_than(at: str | None) -> str:
    """Return the time, as xsd:dateTime in its canonical form; later than ``at``, whatever the clock says."""
    now = datetime.now(UTC)
    if at is not None:
        now = max(now, datetime.fromisoformat(at) + timedelta(microseconds=1))
    whole, fraction = f"{now:%Y-%m-%dT%H:%M:%S}", f"{now:%f}".rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"
