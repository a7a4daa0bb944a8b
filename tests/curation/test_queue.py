"""The queue: the worthiest first, alike settled together, what was judged never again, what was skipped last."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyoxigraph import NamedNode

from cdkd_kg.curation import entities, mentions, relations
from cdkd_kg.curation.context import contexts
from cdkd_kg.curation.item import Item, item_of
from cdkd_kg.curation.queue import Queue
from cdkd_kg.curation.undo import undo
from cdkd_kg.curation.verbs import VERBS, Desk, drafted
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.errors import ConfigError, DataRefusedError, MissingResourceError
from cdkd_kg.graph.breaches import Breach, Breaches
from cdkd_kg.graph.decisions.working_copy import WorkingCopy
from cdkd_kg.graph.namespaces import ITSRDF
from tests.curation.conftest import FOUND, TEXTS
from tests.curation.test_decisions import ANNS, COLD, COLDS, FLU, HAS_FLU, IT
from tests.graph.helpers import EX, extraction, mention


def items(copy: WorkingCopy, **options: dict[str, float]) -> list[Item]:
    return Queue(FOUND, **options).items(copy.graph, copy.log.decisions())


def titles(copy: WorkingCopy) -> set[str]:
    return {item.title for item in items(copy)}


def test_alike_mentions_are_one_item_and_relations_are_items(copy: WorkingCopy) -> None:
    found = {item.title: item for item in items(copy)}
    assert set(found) == {"Ann", "flu", "cold", "it", "ANN — has → cold", "ANN — has → flu"}
    assert set(found["cold"].mentions) == {mention.value for mention in COLDS}
    assert (found["cold"].meaning, found["cold"].documents) == (EX + "cold", 2)
    assert (found["Ann"].meaning, found["it"].meaning) == ("urn:cdkd:graph:ills:ann", None)
    assert (found["it"].nil, found["Ann"].nil, found["flu"].nil) == ("ambiguous", "new", None)
    assert found["ANN — has → flu"].relation == HAS_FLU
    assert found["ANN — has → flu"].places == (("a/1", 0, 13),)
    assert found["it"].places == (("a/3", 20, 22),)
    assert [one["iri"] for one in found["it"].candidates] == [EX + "gout", EX + "pain"]


def test_the_order_is_doubt_times_documents_times_disagreement(copy: WorkingCopy) -> None:
    plain = items(copy)
    assert [item.worth for item in plain] == sorted((item.worth for item in plain), reverse=True)
    assert all(0 <= item.uncertainty <= 1 for item in plain)
    cold = next(item for item in plain if item.title == "cold")
    assert cold.worth == pytest.approx(cold.uncertainty * 2)
    split = next(item for item in items(copy, disagreement={"a/2": 1.0}) if item.title == "cold")
    assert split.worth == pytest.approx(cold.worth * 0.5)
    sure = next(item for item in plain if item.title == "Ann")
    assert (sure.uncertainty, sure.worth) == (0, 0)


BROKEN = tuple(
    Breach("Warning", FLU.value, "", value, rule) for value, rule in (("", "it has no use"), ("x", "it has no use"))
)


def test_a_broken_rule_is_an_item_until_something_is_decided_about_what_breaks_it(copy: WorkingCopy) -> None:
    def broken(found: Breaches = Breaches(BROKEN)) -> list[Item]:  # noqa: B008 - it never changes
        items = Queue(FOUND, breaches=found).items(copy.graph, copy.log.decisions())
        return [item for item in items if item.kind == "breach"]

    (item,) = broken()
    assert (item.title, item.documents, item.meaning) == ("flu: it has no use", 2, FLU.value)
    assert item.worth == 4  # two documents, and two ties in the vocabulary
    desk = Desk(copy.graph, broken())
    with pytest.raises(ConfigError, match="accept it as it is, or change"):
        drafted(desk, "reject", [item.id])
    with pytest.raises(ConfigError, match="no mention"):
        drafted(desk, "link", [item.id, "cold"])
    copy.decide(drafted(desk, "unsure", [item.id]), "ada")
    assert [item.state for item in broken()] == ["skipped"]
    changed = copy.decide(drafted(desk, "add-alias", [FLU.value, "grippe"]), "ada")
    assert broken() == []
    known = frozenset(one.id for one in copy.log.decisions())
    assert [one.rule for one in broken(Breaches(BROKEN, known))] == ["it has no use"]  # found again since
    copy.decide(undo(copy.entries, str(changed.number)), "ada")
    copy.decide(drafted(desk, "accept", [item.id]), "ada", "it is used in the clinic")
    assert broken() == []
    other = Breach("Warning", FLU.value, "", "", "it is too short")
    assert [one.rule for one in broken(Breaches((*BROKEN, other), known))] == ["it is too short"]


def test_the_mentions_of_one_document_can_be_judged_alone(copy: WorkingCopy) -> None:
    cold = next(item for item in items(copy) if item.title == "cold")
    here = item_of(items(copy), f"{cold.id[:4]}@a/2")
    assert (here.mentions, here.documents, here.places) == ((COLDS[0].value,), 1, (("a/2", 10, 14),))
    copy.decide(drafted(Desk(copy.graph, items(copy)), "reject", [here.id]), "ada")
    rest = next(item for item in items(copy) if item.title == "cold")
    assert (rest.id, rest.mentions) == (cold.id, (COLDS[1].value,))
    with pytest.raises(MissingResourceError, match="no open mention in 'a/2'"):
        item_of(items(copy), here.id)


def test_what_was_merged_is_asked_as_what_it_was_merged_into(copy: WorkingCopy) -> None:
    queue = Queue(FOUND)
    queue.items(copy.graph, copy.log.decisions())
    copy.decide(entities.merge(copy.graph, COLD, FLU), "ada")
    copy.decide(entities.deprecate(copy.graph, NamedNode(EX + "gout")), "ada")
    found = queue.items(copy.graph, copy.log.decisions())
    cold = next(item for item in found if item.title == "cold")
    assert cold.meaning == FLU.value
    it = next(item for item in found if item.title == "it")
    assert [one["iri"] for one in it.candidates] == [EX + "pain"]
    copy.decide(drafted(Desk(copy.graph, found), "accept", [cold.id]), "ada")
    assert {str(quad.object) for quad in copy.graph.holding(COLDS[0], ITSRDF.taIdentRef)} == {str(FLU)}


def test_an_item_is_called_the_same_as_long_as_it_says_the_same(copy: WorkingCopy) -> None:
    before = {item.id: item.title for item in items(copy)}
    copy.decide(mentions.accept_link(copy.graph, COLDS, COLD), "ada")
    after = {item.id: item.title for item in items(copy)}
    assert after.items() < before.items()
    more = extraction([*FOUND.mentions.to_pylist(), mention("a/4", 0, "flu", EX + "flu")])
    grown = Queue(Extraction(more.mentions, FOUND.relations)).items(copy.graph, [])
    assert next(item.id for item in grown if item.title == "flu") in before


def test_what_was_judged_is_gone_until_that_is_undone_and_what_was_skipped_is_last(copy: WorkingCopy) -> None:
    assert items(copy)[-1].title != "it"
    copy.decide(mentions.unsure(copy.graph, [IT]), "ada")
    assert (items(copy)[-1].title, items(copy)[-1].state) == ("it", "skipped")
    rejected = copy.decide(mentions.reject_link(copy.graph, COLDS, COLD), "ada")
    assert "cold" not in titles(copy)
    copy.decide(undo(copy.log.entries(), rejected.decision.id), "ada")
    assert "cold" in titles(copy)
    copy.decide(mentions.create(copy.graph, [IT], "a cold sore"), "ada")
    assert "it" not in titles(copy)
    copy.decide(relations.reject_relation(copy.graph, HAS_FLU), "ada")
    assert "ANN — has → flu" not in titles(copy)


def test_of_mentions_that_are_alike_only_those_not_judged_are_left(copy: WorkingCopy) -> None:
    copy.decide(mentions.accept_link(copy.graph, COLDS[:1], COLD), "ada")
    cold = next(item for item in items(copy) if item.title == "cold")
    assert (cold.mentions, cold.documents) == ((COLDS[1].value,), 1)


def test_a_queue_that_remembers_says_what_a_new_one_says(copy: WorkingCopy) -> None:
    kept = Queue(FOUND)
    drafts = [
        lambda: mentions.accept_link(copy.graph, COLDS[:1], COLD),
        lambda: mentions.unsure(copy.graph, [IT]),
        lambda: entities.merge(copy.graph, COLD, FLU),
        lambda: undo(copy.log.entries(), "1"),
        lambda: relations.reject_relation(copy.graph, HAS_FLU),
    ]
    for draft in drafts:
        copy.decide(draft(), "ada")
        assert kept.items(copy.graph, copy.log.decisions()) == items(copy)


def test_an_id_may_be_cut_short_but_must_be_one(copy: WorkingCopy) -> None:
    found = items(copy)
    assert item_of(found, found[0].id[:8]) == found[0]
    with pytest.raises(MissingResourceError, match="no item"):
        item_of(found, "zzz")
    with pytest.raises(MissingResourceError, match="several items"):
        item_of([found[0], replace(found[1], id=found[0].id[:6] + "000000")], found[0].id[:4])


def test_each_verb_takes_the_words_that_it_says(copy: WorkingCopy) -> None:
    desk = Desk(copy.graph, items(copy))
    ids = {item.title: item.id for item in desk.items}
    said = {
        "accept": (ids["cold"],),
        "reject": (ids["ANN — has → flu"],),
        "unsure": (ids["it"],),
        "link": (ids["it"], "gout"),
        "create": (ids["it"], "a sore"),
        "split": ("flu", ids["flu"], "bird flu"),
        "merge": ("cold", EX + "flu"),
        "relabel": ("flu", "grippe", "fr"),
        "add-alias": ("flu", "the bug"),
        "drop-alias": ("flu", "influenza"),
        "add-relation": ("gout", "http://www.w3.org/2004/02/skos/core#related", "pain"),
        "change-relation": (ids["ANN — has → flu"], "ANN", "suffers from", "flu"),
        "deprecate": ("cold", "flu"),
    }
    assert set(said) == set(VERBS)
    kinds = {verb: drafted(desk, verb, words).kind for verb, words in said.items()}
    assert kinds == {verb: verb.replace("-", " ") for verb in VERBS}


@pytest.mark.parametrize(
    ("verb", "words", "why"),
    [
        ("acept", ("x",), "did you mean 'accept'"),
        ("merge", ("flu",), "takes LOSER WINNER"),
        ("relabel", ("flu", "a", "b", "c"), r"takes ENTITY NAME \[LANGUAGE\]"),
        ("merge", ("flu", "nobody"), "no entity is called 'nobody'"),
        ("accept", ("ffff",), "no item"),
        ("accept", ("it",), "no item"),
    ],
)
def test_what_cannot_be_decided_says_why(copy: WorkingCopy, verb: str, words: tuple[str, ...], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        drafted(Desk(copy.graph, items(copy)), verb, words)


def test_what_is_ambiguous_can_be_neither_right_nor_wrong(copy: WorkingCopy) -> None:
    found = next(item for item in items(copy) if item.title == "it")
    for verb in ("accept", "reject"):
        with pytest.raises(ConfigError, match="could not be decided what this means"):
            drafted(Desk(copy.graph, [found]), verb, (found.id,))


def test_a_relation_is_no_mention_and_the_other_way_round(copy: WorkingCopy) -> None:
    desk = Desk(copy.graph, items(copy))
    ids = {item.title: item.id for item in desk.items}
    with pytest.raises(ConfigError, match="is a relation"):
        drafted(desk, "link", (ids["ANN — has → flu"], "flu"))
    with pytest.raises(ConfigError, match="is a mention"):
        drafted(desk, "change-relation", (ids["cold"], "ANN", "has", "flu"))


def test_words_around_a_mention_are_whole_and_on_one_line() -> None:
    text = "before " * 60 + "\n\tthe flu\n" + "after " * 60
    [place] = contexts([("d", text.index("flu"), text.index("flu") + 3), ("gone", 0, 1)], {"d": text})[:1]
    assert place.before.startswith("… before")
    assert place.before.endswith("before   the ")
    assert place.after.endswith("after …")
    assert (place.anchor, len(place.before) <= 243, len(place.after) <= 243) == ("flu", True, True)
    assert contexts([("a/1", 0, 3)], TEXTS)[0][1:] == ("", "Ann", " has a flu.")


def test_deprecating_what_others_are_merged_into_is_possible(copy: WorkingCopy) -> None:
    copy.decide(entities.deprecate(copy.graph, FLU), "ada")
    assert ANNS
    assert "flu" in titles(copy)  # its mentions mean nothing now, which is still to be judged


def test_a_context_is_the_sentence_and_goes_on_where_that_is_short() -> None:
    text = (
        "It rained. Mr. Jones, who keeps bees in the valley below, has a cold since the fair. He rests. " + "So. " * 99
    )
    place = contexts([("d", text.index("cold"), text.index("cold") + 4)], {"d": text})[0]
    assert place.before == "Jones, who keeps bees in the valley below, has a "
    assert place.after.startswith(" since the fair. He rests. So.")
    assert len(place.after) < 60


def test_an_id_that_several_begin_with_is_never_one_that_somebody_else_judged(copy: WorkingCopy) -> None:
    found = items(copy)
    judged = found[0]
    desk = Desk(copy.graph, [replace(one, id=f"7{one.id}") for one in found[1:]], lambda: [replace(judged, id="77")])
    with pytest.raises(MissingResourceError, match="several items"):
        desk.item("7")


def test_what_a_deprecated_entity_meant_is_the_other_one_or_open_again(copy: WorkingCopy) -> None:
    copy.decide(mentions.accept_link(copy.graph, COLDS, COLD), "ada")
    assert "cold" not in titles(copy)
    alone = copy.decide(entities.deprecate(copy.graph, COLD), "ada")
    assert alone.decision.what.label == "'cold' is not used any more; what its mentions mean is open again (2)"
    cold = next(item for item in items(copy) if item.title == "cold")
    assert (set(cold.mentions), cold.meaning, cold.nil) == ({one.value for one in COLDS}, None, "ambiguous")
    copy.decide(mentions.accept_link(copy.graph, COLDS[:1], FLU), "ada")
    assert next(item.mentions for item in items(copy) if item.title == "cold") == (COLDS[1].value,)
    copy.decide(undo(copy.entries, str(alone.number)), "ada")
    assert "cold" not in titles(copy)
    moved = copy.decide(entities.deprecate(copy.graph, COLD, FLU), "ada")
    assert "cold" not in titles(copy)
    assert {quad.object for quad in copy.graph.holding(COLDS[1], ITSRDF.taIdentRef)} == {FLU}
    copy.decide(undo(copy.entries, str(moved.number)), "ada")
    assert {quad.object for quad in copy.graph.holding(COLDS[1], ITSRDF.taIdentRef)} == {COLD}


def test_what_a_replacement_took_over_is_undone_after_it(copy: WorkingCopy) -> None:
    linked = copy.decide(mentions.link(copy.graph, [IT], COLD), "ada")
    moved = copy.decide(entities.deprecate(copy.graph, COLD, FLU), "ada")
    assert {quad.object for quad in copy.graph.holding(IT, ITSRDF.taIdentRef)} == {FLU}
    with pytest.raises(DataRefusedError, match=r"a later decision rests on this one.*undo that first"):
        copy.decide(undo(copy.entries, str(linked.number)), "ada")
    copy.decide(undo(copy.entries, str(moved.number)), "ada")
    copy.decide(undo(copy.entries, str(linked.number)), "ada")
    assert list(copy.graph.holding(IT, ITSRDF.taIdentRef)) == []


def test_what_is_alike_but_for_its_type_says_so(copy: WorkingCopy) -> None:
    found = extraction([mention("a/1", 0, "Ann", type="PERSON"), mention("a/2", 0, "ANN", type="GPE")])
    ann = [item for item in Queue(found).items(copy.graph, []) if item.kind == "mention"]
    assert sorted((item.title, item.type) for item in ann) == [("ANN", "GPE"), ("Ann", "PERSON")]


def test_what_was_judged_says_by_whom(copy: WorkingCopy) -> None:
    queue = Queue(FOUND, breaches=Breaches(BROKEN))
    found = queue.items(copy.graph, copy.decisions)
    for title in ("cold", "ANN — has → flu", "flu: it has no use"):
        item = next(one for one in found if one.title == title)
        copy.decide(drafted(Desk(copy.graph, found), "accept", [item.id]), "ada")
        desk = Desk.of(queue, copy.graph, copy.decisions, queue.items(copy.graph, copy.decisions), "ada")
        with pytest.raises(MissingResourceError, match=f"'{title}' was judged.*ada said: "):
            desk.item(item.id)
        assert Desk.of(queue, copy.graph, copy.decisions, [], "bob").item(item.id).title == title


def test_a_rule_that_what_nothing_is_tied_to_breaks_comes_after_others(copy: WorkingCopy) -> None:
    breaches = Breaches(tuple(Breach("Violation", node.value, "", "", "a rule") for node in (FLU, NamedNode(EX + "x"))))
    broken = [one for one in Queue(FOUND, breaches=breaches).items(copy.graph, []) if one.kind == "breach"]
    assert [(one.meaning, one.worth) for one in broken] == [(FLU.value, 4), (EX + "x", 0)]


def test_being_unsure_does_not_open_again_what_somebody_was_sure_of(copy: WorkingCopy) -> None:
    sure = copy.decide(mentions.link(copy.graph, [IT], NamedNode(EX + "gout")), "ada")
    copy.decide(mentions.unsure(copy.graph, [IT]), "bob")
    assert "it" not in titles(copy)
    copy.decide(undo(copy.entries, str(sure.number)), "ada")
    assert next(item.state for item in items(copy) if item.title == "it") == "skipped"


def test_what_somebody_refused_is_not_proposed_when_it_opens_again(copy: WorkingCopy) -> None:
    gout = NamedNode(EX + "gout")
    copy.decide(mentions.link(copy.graph, COLDS, gout), "ada")
    copy.decide(entities.deprecate(copy.graph, gout), "ada")
    cold = next(item for item in items(copy) if item.title == "cold")
    assert (cold.meaning, cold.nil) == (None, "ambiguous")


def test_relations_of_what_is_not_used_any_more_are_not_asked(copy: WorkingCopy) -> None:
    copy.decide(entities.deprecate(copy.graph, FLU), "ada")
    assert "ANN — has → flu" not in titles(copy)
    assert "ANN — has → cold" in titles(copy)
