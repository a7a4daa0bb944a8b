"""How far curators agree, by hand; what is in dispute, and what settles it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Triple

from cdkd_kg.curation.agreement import NEW, NOT, agreements, disputed, judged_by_others, verdicts
from cdkd_kg.curation.queue import Queue, to_judge_again
from cdkd_kg.curation.undo import undo
from cdkd_kg.curation.verbs import Desk, drafted
from cdkd_kg.graph.decisions.decision import Decision, Draft
from cdkd_kg.graph.decisions.working_copy import WorkingCopy
from cdkd_kg.graph.namespaces import ITSRDF
from tests.curation.conftest import FOUND
from tests.graph.helpers import EX

SAYS = st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("xyz")), min_size=1, max_size=12)


def said(who: str, meant: Sequence[str], begin: int) -> list[Decision]:
    made = []
    for number, name in enumerate(meant):
        mention = NamedNode(f"urn:m{number}")
        draft = Draft("link", "", (mention.value,), (Triple(mention, ITSRDF.taIdentRef, NamedNode(f"urn:{name}")),))
        made.append(Decision(draft, who, f"2026-01-01T00:{begin:02}:{number:02}Z"))
    return made


@given(SAYS)
def test_kappa_is_the_agreement_beyond_chance(pairs: list[tuple[str, str]]) -> None:
    one, other = zip(*pairs, strict=True)
    [found] = agreements([*said("ada", one, 1), *said("bob", other, 2)])
    assert found.judged == len(pairs)
    assert found.observed == sum(a == b for a, b in pairs) / len(pairs)
    chance = sum(one.count(says) * other.count(says) for says in "xyz") / len(pairs) ** 2
    if found.kappa is None:
        assert chance == 1
    else:
        assert found.kappa * (1 - chance) == pytest.approx(found.observed - chance)


def judge(copy: WorkingCopy, who: str, verb: str, title: str, *words: str) -> None:
    queue = Queue(FOUND)
    items = queue.items(copy.graph, copy.decisions)
    desk = Desk(copy.graph, items, lambda: to_judge_again(queue, copy.graph, copy.decisions, who))
    item = next(one for one in [*items, *desk.again()] if one.title == title)
    copy.decide(drafted(desk, verb, (item.id, *words)), who)


def again(copy: WorkingCopy, who: str) -> list[str]:
    queue = Queue(FOUND)
    queue.items(copy.graph, copy.decisions)
    return sorted(item.title for item in to_judge_again(queue, copy.graph, copy.decisions, who))


def test_a_second_opinion_is_asked_for_until_it_is_given_and_a_dispute_until_it_is_settled(copy: WorkingCopy) -> None:
    judge(copy, "ada", "accept", "cold")
    judge(copy, "ada", "accept", "Ann")
    judge(copy, "ada", "unsure", "flu")
    judge(copy, "ada", "reject", "ANN — has → flu")
    assert again(copy, "ada") == []
    assert again(copy, "bob") == ["ANN — has → flu", "Ann", "cold", "flu"]
    judge(copy, "bob", "accept", "Ann")
    judge(copy, "bob", "link", "cold", "flu")
    judge(copy, "bob", "accept", "ANN — has → flu")
    assert again(copy, "bob") == ["ANN — has → flu", "cold", "flu"]  # two in dispute, and one that ada was unsure of
    assert again(copy, "ada") == ["ANN — has → flu", "cold"]
    [pair] = agreements(copy.decisions)
    assert (pair.one, pair.other, pair.judged) == ("ada", "bob", 5)  # two Anns, two colds, a relation
    assert pair.observed == pytest.approx(2 / 5)
    open_ = disputed(copy.decisions)
    assert sorted({one.says for verdicts_ in open_.values() for one in verdicts_}) == sorted(
        {EX + "cold", EX + "flu", "accept", NOT}
    )
    judge(copy, "eve", "accept", "cold")
    assert again(copy, "ada") == ["ANN — has → flu"]
    copy.decide(undo(copy.entries, str(copy.seen)), "eve")
    assert "cold" in again(copy, "ada")


def test_whether_two_call_it_the_same_or_not_something_new_is_something_new(copy: WorkingCopy) -> None:
    judge(copy, "ada", "create", "it", "a sore")
    judge(copy, "bob", "create", "it", "the blister")
    assert {one.says for one in verdicts(copy.decisions)} == {NEW}
    assert agreements(copy.decisions)[0].observed == 1
    assert disputed(copy.decisions) == {}
    assert judged_by_others(copy.decisions, "eve") == {one.iri for one in verdicts(copy.decisions)}
