"""What somebody takes out of use, replaces or brings back, and what others said of it meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Triple

from cdkd_kg.curation import entities, mentions
from cdkd_kg.curation.names import replaced
from cdkd_kg.curation.undo import undo
from cdkd_kg.errors import ConfigError, ConflictError, DataRefusedError
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.decisions.working_copy import WorkingCopy
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import preferred
from cdkd_kg.graph.namespaces import SKOS
from tests.curation.test_decisions import COLD, COLDS, FLU, IT
from tests.graph.helpers import EX


def test_two_entities_that_replace_each_other_replace_nothing(copy: WorkingCopy) -> None:
    first = copy.decide(entities.deprecate(copy.graph, COLD, FLU), "ada")
    undone = copy.decide(undo(copy.entries, str(first.number)), "ada")
    copy.decide(entities.deprecate(copy.graph, FLU, COLD), "bob")
    with pytest.raises(DataRefusedError, match="not used any more"):
        copy.decide(undo(copy.entries, str(undone.number)), "ada")
    other = Draft("deprecate", "of another log", (COLD.value,), first.decision.what.accepts)
    copy.decide(other, "eve")
    assert replaced(copy.graph) == {COLD.value: None, FLU.value: None}


def test_who_accepts_what_others_had_refused_is_undone_after_what_took_it_over(copy: WorkingCopy) -> None:
    copy.decide(mentions.reject_link(copy.graph, COLDS, COLD), "ada")
    accepted = copy.decide(mentions.accept_link(copy.graph, COLDS, COLD), "bob")
    copy.decide(entities.deprecate(copy.graph, COLD, FLU), "eve")
    with pytest.raises(DataRefusedError, match="rests on this one"):
        copy.decide(undo(copy.entries, str(accepted.number)), "bob")


def test_a_link_to_what_somebody_takes_out_of_use_meanwhile_is_a_conflict(copy: WorkingCopy) -> None:
    link, merge = mentions.link(copy.graph, [IT], COLD), entities.merge(copy.graph, COLD, FLU)
    copy.log.append(merge, "bob", seen=0)
    with pytest.raises(ConflictError, match="in the meantime"):
        copy.log.append(link, "ada", seen=0)
    other = mentions.link(copy.graph, [IT], NamedNode(EX + "gout"))
    copy.log.append(other, "ada", seen=0)
    with pytest.raises(ConflictError):
        copy.log.append(entities.deprecate(copy.graph, NamedNode(EX + "gout")), "bob", seen=1)


def test_one_of_two_preferred_names_can_be_kept(copy: WorkingCopy) -> None:
    copy.decide(Draft("import", "two names", (), (Triple(COLD, SKOS.prefLabel, Literal("chill", language="en")),)), "x")
    copy.graph.add([Quad(COLD, SKOS.prefLabel, Literal("head cold"), copy.graph.vocabulary)])
    copy.decide(entities.relabel(copy.graph, COLD, "cold"), "ada")
    assert preferred(copy.graph)[COLD.value] == "cold"
    assert len({quad.object for quad in copy.graph.holding(COLD, SKOS.prefLabel)}) == 1
    with pytest.raises(ConfigError, match="called 'cold' already"):
        entities.relabel(copy.graph, COLD, "cold")


@pytest.mark.parametrize(
    "gone", [lambda graph: entities.deprecate(graph, COLD), lambda graph: entities.merge(graph, COLD, FLU)]
)
def test_nothing_comes_back_that_means_what_is_not_used_any_more(
    copy: WorkingCopy, gone: Callable[[KnowledgeGraph], Draft]
) -> None:
    linked = copy.decide(mentions.link(copy.graph, [IT], COLD), "ada")
    undone = copy.decide(undo(copy.entries, str(linked.number)), "ada")
    deprecated = copy.decide(gone(copy.graph), "bob")
    with pytest.raises(DataRefusedError, match=r"not used any more.*'cold'.*undo that first"):
        copy.decide(undo(copy.entries, str(undone.number)), "ada")
    copy.decide(undo(copy.entries, str(deprecated.number)), "bob")
    copy.decide(undo(copy.entries, str(undone.number)), "ada")


def test_what_others_used_again_is_not_taken_out_of_use_by_a_redo(copy: WorkingCopy) -> None:
    deprecated = copy.decide(entities.deprecate(copy.graph, COLD), "ada")
    undone = copy.decide(undo(copy.entries, str(deprecated.number)), "ada")
    copy.decide(mentions.link(copy.graph, [IT], COLD), "bob")
    with pytest.raises(DataRefusedError, match=r"not used any more.*'it' means 'cold'.*undo that first"):
        copy.decide(undo(copy.entries, str(undone.number)), "ada")


def test_a_circle_that_came_from_elsewhere_is_in_nobodys_way(copy: WorkingCopy) -> None:
    alias = copy.decide(entities.add_alias(copy.graph, FLU, "the bug"), "ada")
    undone = copy.decide(undo(copy.entries, str(alias.number)), "ada")
    theirs = entities.deprecate(copy.graph, FLU, COLD)
    copy.decide(entities.deprecate(copy.graph, COLD, FLU), "ada")
    copy.decide(theirs, "bob")
    copy.decide(undo(copy.entries, str(undone.number)), "ada")
