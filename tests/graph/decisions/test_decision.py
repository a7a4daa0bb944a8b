"""A decision is what its id says; what holds depends on the set of decisions alone, and any of them can be undone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from cdkd_kg.errors import GraphError
from cdkd_kg.graph.decisions.as_rdf import decision_iri, decision_quads, decisions_of
from cdkd_kg.graph.decisions.decision import Decision, Draft, fold, in_force, in_order, later_than
from cdkd_kg.graph.decisions.undoable import resting_on
from cdkd_kg.graph.namespaces import KD, RDF, SKOS, XSD

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NODES = st.sampled_from([NamedNode(f"urn:{name}") for name in "abc"])
TRIPLES = st.builds(Triple, NODES, NODES, NODES | TEXTS.map(Literal))
DRAFTS = st.builds(
    Draft,
    st.sampled_from(["accept", "merge", "relabel"]),
    TEXTS,
    st.lists(NODES.map(lambda node: node.value)).map(tuple),
    st.lists(TRIPLES, max_size=3).map(tuple),
    st.lists(TRIPLES, max_size=3).map(tuple),
    undoes=st.just(""),
)


def at(number: int) -> str:
    return f"2026-01-01T00:00:{number:02}Z"


def decided(drafts: list[Draft], begin: int = 0) -> list[Decision]:
    found = [Decision(draft, "ada", at(begin + number)) for number, draft in enumerate(drafts)]
    return [Decision.of_record(one.record()) for one in found]


def undoing(target: Decision, number: int) -> Decision:
    return Decision(Draft("undo", "undo", (), undoes=target.id), "ada", at(number))


@given(DRAFTS, TEXTS, TEXTS)
def test_a_decision_survives_as_a_record_and_as_rdf(draft: Draft, who: str, why: str) -> None:
    graph = NamedNode("urn:g")
    made = Decision.of_record(Decision(draft, who, at(1), why, "b" * 32).record())
    assert Decision.of_record(made.record()) == made
    store = Store()
    store.extend(decision_quads(made, graph))
    assert decisions_of(store, "here") == [made]
    assert Quad(decision_iri(made.id), RDF.type, NamedNode("urn:cdkd:ns#Decision"), graph) in store


@given(st.lists(TRIPLES, max_size=4), st.randoms())
def test_its_id_does_not_depend_on_the_order_of_what_it_says(triples: list[Triple], chance) -> None:  # type: ignore[no-untyped-def]
    mixed = triples + triples[:1]
    chance.shuffle(mixed)
    first, second = (Decision(Draft("accept", "", (), tuple(some)), "ada", at(1)) for some in (triples, mixed))
    assert first.id == second.id
    assert first.id != Decision(first.what, "bob", at(1)).id


@given(st.lists(DRAFTS, max_size=8), st.randoms())
def test_the_last_word_on_a_triple_holds_in_whatever_order_decisions_are_told(drafts: list[Draft], chance) -> None:  # type: ignore[no-untyped-def]
    made = decided(drafts)
    last = {}
    for decision in made:
        last |= dict.fromkeys(decision.what.rejects, False) | dict.fromkeys(decision.what.accepts, True)
    mixed = made[:]
    chance.shuffle(mixed)
    settled = fold(mixed)
    assert settled.accepted == {triple for triple, holds in last.items() if holds}
    assert settled.rejected == {triple for triple, holds in last.items() if not holds}


@given(st.lists(DRAFTS, min_size=1, max_size=6, unique_by=str), st.data())
def test_undoing_any_is_as_if_it_had_not_been_and_undoing_that_brings_it_back(drafts: list[Draft], data) -> None:  # type: ignore[no-untyped-def]
    made = decided(drafts)
    target = data.draw(st.sampled_from(made))
    undo = undoing(target, 30)
    assert fold([*made, undo]) == fold([one for one in made if one != target])
    redo = undoing(undo, 40)
    assert fold([*made, undo, redo]) == fold(made)
    assert in_force([*made, undo, redo]) == made
    assert fold([*made, undo, redo, undoing(redo, 50)]) == fold([*made, undo])


@given(st.lists(DRAFTS, max_size=4), st.lists(DRAFTS, max_size=4))
def test_two_curators_who_exchange_theirs_come_to_the_same(mine: list[Draft], theirs: list[Draft]) -> None:
    ours, others = decided(mine), decided(theirs)
    assert fold([*ours, *others]) == fold([*others, *ours])


def test_what_speaks_of_a_concept_rests_on_the_decision_that_made_it() -> None:
    concept, other = NamedNode("urn:new"), NamedNode("urn:m")
    create, named, unrelated, linked = decided(
        [
            Draft("create", "", (other.value,), (Triple(concept, RDF.type, SKOS.Concept),)),
            Draft("relabel", "", (concept.value,)),
            Draft("accept", "", ("urn:x",)),
            Draft("link", "", ("urn:y",), (Triple(NamedNode("urn:y"), RDF.value, concept),)),
        ]
    )
    made = [create, named, unrelated, linked]
    assert resting_on(create, made) == [named, linked]
    assert resting_on(create, [*made, undoing(named, 20)]) == [linked]
    assert resting_on(unrelated, made) == []


def test_decisions_are_in_the_order_of_their_times_and_not_of_their_letters() -> None:
    times = [f"2026-01-01T00:00:05{fraction}Z" for fraction in ("", ".1", ".12", ".12345", ".123451", ".2")]
    made = [Decision(Draft("unsure", str(number), ()), "ada", time) for number, time in enumerate(times)]
    assert in_order(reversed(made)) == made


@pytest.mark.parametrize(
    "time",
    ["9999-12-31T23:59:59.999999Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.10Z", "2026-02-31T00:00:00Z", "?"],
)
def test_a_time_that_would_stay_in_the_log_for_ever_is_refused(time: str) -> None:
    quads = [*decision_quads(Decision(Draft("unsure", "x", ("urn:a",)), "ada", time), NamedNode("urn:g"))]
    with pytest.raises(GraphError):
        decisions_of(quads, "here")


def test_times_grow_whatever_the_clock_says_and_are_canonical() -> None:
    future = "2999-12-31T23:59:59.999999Z"
    assert later_than(future) == "3000-01-01T00:00:00Z"
    assert later_than("3000-01-01T00:00:00.5Z") == "3000-01-01T00:00:00.500001Z"
    now = later_than(None)
    assert abs((datetime.fromisoformat(now) - datetime.now(UTC)).total_seconds()) < 60
    store = Store()
    quad = Quad(NamedNode("urn:a"), NamedNode("urn:b"), Literal(now, datatype=XSD.dateTime))
    store.add(quad)
    assert list(store) == [quad]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<urn:a> <urn:b> <javascript:alert(1)>", "scheme 'javascript'"),
        ("<file:///etc> <urn:b> <urn:c>", "scheme 'file'"),
        ("_:a <urn:b> <urn:c>", "not of IRIs and literals"),
        ("<urn:a> <urn:b>", "is no RDF term"),
        ("<urn:a> <urn:b> <urn:c> . <urn:d> <urn:e> <urn:f>", "something in it was changed|is no RDF term"),
    ],
)
def test_a_triple_that_a_graph_would_refuse_is_refused_in_a_decision_too(text: str, why: str) -> None:
    node = NamedNode("urn:a")
    made = Decision(Draft("accept", "x", ("urn:a",), (Triple(node, node, node),)), "ada", at(1))
    quads = [
        Quad(one.subject, one.predicate, Literal(text, datatype=KD.triple), one.graph_name)
        if one.predicate == KD.accepts
        else one
        for one in decision_quads(made, NamedNode("urn:g"))
    ]
    with pytest.raises(GraphError, match=why):
        decisions_of(quads, "here")
