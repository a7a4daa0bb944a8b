"""Which decisions can be undone: those on which no other one in force rests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from pyoxigraph import NamedNode, Triple

from cdkd_kg.errors import DataRefusedError
from cdkd_kg.graph.decisions.decision import Decision, Draft, fold, in_force, in_order, later_than, moment, standing
from cdkd_kg.graph.namespaces import DCTERMS, ITSRDF, OWL, RDF, SKOS


def need_undoable(target: str, decisions: Sequence[Decision]) -> Decision:
    """Return the decision that an undoing names.

    Raises:
        DataRefusedError: it is not there, was undone before, made a concept that later decisions speak of, or said what
            a later merge took over; or what would hold without it speaks of a concept that nobody made, or of one that
            is not used any more.
    """
    found = next((one for one in decisions if one.id == target), None)
    if found is None:
        raise DataRefusedError("there is no such decision", where=target, remedy="the history has their ids")
    if any(one.what.undoes == target for one in standing(decisions)):
        raise DataRefusedError(
            "this was undone before", where=target[:8], why=found.what.label, remedy="undo the undoing to have it back"
        )
    if later := resting_on(found, decisions):
        raise DataRefusedError(
            f"{len(later):,} later decisions rest on this one" if later[1:] else "a later decision rests on this one",
            where=f"{target[:8]}: {found.what.label}",
            why=_told(later),
            remedy="undo those first" if later[1:] else "undo that first",
        )
    if found.what.undoes and (broken := _without_ground(found, decisions)):
        raise DataRefusedError(
            "what would come back speaks of what nobody made any more",
            where=f"{target[:8]}: {found.what.label}",
            why=_told(broken),
            remedy="have that back first, by undoing its undoing",
        )
    if amiss := _amiss(_after(found, decisions)) - _amiss(in_force(decisions)):
        nodes = {one.object for one in amiss} | {one.subject for one in amiss}
        raise DataRefusedError(
            "what would hold then is tied to entities that are not used any more",
            where=f"{target[:8]}: {found.what.label}",
            why=_told(
                [one for one in in_force(decisions) if amiss & {*one.what.accepts} or _gives_up(one.what, nodes)]
            ),
            remedy="undo that first",
        )
    return found


def made_by(draft: Draft) -> set[str]:
    """Return the IRIs of the concepts that a draft makes."""
    created = (one.subject for one in draft.accepts if (one.predicate, one.object) == (RDF.type, SKOS.Concept))
    return {node.value for node in created if isinstance(node, NamedNode)}


def resting_on(decision: Decision, decisions: Iterable[Decision]) -> list[Decision]:
    """Return the other decisions in force that rest on one.

    They speak of a concept that it made, or moved what it said to another entity. What it accepted as it was proposed
    they would have moved all the same, but where others had rejected it.
    """
    made, said, holding = made_by(decision.what), set(decision.what.accepts), in_force(decisions)
    if decision.what.kind == "accept":
        before = (one for one in holding if moment(one.at) < moment(decision.at))
        said &= set[Triple]().union(*(one.what.rejects for one in before))
    return [
        other
        for other in holding
        if other.id != decision.id
        and (
            made & {*other.what.about, *other.what.names()}
            or (_moves(other.what) and not said.isdisjoint(other.what.rejects))
        )
    ]


def _moves(draft: Draft) -> bool:
    """Say whether a draft gives what was said of one entity to another."""
    moved = any(one.predicate == ITSRDF.taIdentRef for one in draft.accepts)
    return draft.kind == "merge" or (draft.kind == "deprecate" and moved)


def _after(undone: Decision, decisions: Sequence[Decision]) -> list[Decision]:
    """Return the decisions that would be in force without one."""
    latest = in_order(decisions)[-1].at
    return in_force([*decisions, Decision(Draft("undo", "", (), undoes=undone.id), "", later_than(latest))])


def _amiss(decisions: Iterable[Decision]) -> set[Triple]:
    """Return what is accepted and makes no sense: links to what is not used any more, and replacements in a circle."""
    accepted = fold(decisions).accepted
    gone = {one.subject for one in accepted if one.predicate == OWL.deprecated}
    replaced = [one for one in accepted if one.predicate == DCTERMS.isReplacedBy]
    links = {one for one in accepted if one.predicate == ITSRDF.taIdentRef and one.object in gone}
    return links | {one for one in replaced if one.subject in _reached(one.object, replaced)}


def _reached(node: object, replaced: Sequence[Triple]) -> set[object]:
    """Return a node and what it is replaced by, and that by, and so on."""
    reached: set[object] = set()
    ahead = [node]
    while ahead:
        if (now := ahead.pop()) not in reached:
            reached.add(now)
            ahead += [one.object for one in replaced if one.subject == now]
    return reached


def _gives_up(draft: Draft, nodes: Collection[object]) -> bool:
    """Say whether a draft takes one of some nodes out of use."""
    return any(one.predicate == OWL.deprecated and one.subject in nodes for one in draft.accepts)


def _without_ground(undoing: Decision, decisions: Sequence[Decision]) -> list[Decision]:
    """Return the decisions that would be in force again without an undoing, but speak of concepts of undone ones."""
    before, after = {one.id for one in in_force(decisions)}, _after(undoing, decisions)
    lost = set[str]().union(*(made_by(one.what) for one in decisions)) - set[str]().union(
        *(made_by(one.what) for one in after)
    )
    return [one for one in after if one.id not in before and lost & {*one.what.about, *one.what.names()}]


def _told(decisions: Sequence[Decision]) -> str:
    return "; ".join(f"{one.id[:8]}: {one.what.label}" for one in decisions[:5])
