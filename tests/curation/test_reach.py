"""A decision reaches the documents whose mentions it judges, or that mention what it changes."""

from __future__ import annotations

from pyoxigraph import NamedNode, Triple

from cdkd_kg.curation import entities, mentions, relations
from cdkd_kg.curation.undo import undo
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.decisions.reach import reach
from cdkd_kg.graph.decisions.working_copy import WorkingCopy
from cdkd_kg.graph.namespaces import SKOS
from tests.curation.test_decisions import COLD, COLDS, FLU, HAS_FLU, IT


def reached(made: WorkingCopy, draft: Draft) -> list[str] | None:
    """Decide, and return whom that reaches."""
    entry = made.decide(draft, "ada")
    return reach(made.graph, made.decisions).get(entry.decision.id)


def test_one_on_mentions_reaches_their_documents(copy: WorkingCopy) -> None:
    assert reached(copy, mentions.reject_link(copy.graph, COLDS, COLD)) == ["a/2", "a/3"]
    assert reached(copy, mentions.create(copy.graph, [IT], "an ill")) == ["a/3"]


def test_one_on_names_or_relations_reaches_who_mentions_an_end(copy: WorkingCopy) -> None:
    assert reached(copy, entities.add_alias(copy.graph, FLU, "the bug")) == ["a/1", "a/3"]
    assert reached(copy, entities.merge(copy.graph, COLD, FLU)) == ["a/1", "a/2", "a/3"]
    assert reached(copy, relations.accept_relation(copy.graph, HAS_FLU)) == ["a/1", "a/2", "a/3"]


def test_what_came_from_elsewhere_reaches_whom_it_speaks_of(copy: WorkingCopy) -> None:
    brought = Draft("import", "a mapping", (), (Triple(FLU, SKOS.exactMatch, NamedNode("urn:x")),))
    assert reached(copy, brought) == ["a/1", "a/3"]


def test_one_that_changes_nothing_or_was_undone_reaches_nobody(copy: WorkingCopy) -> None:
    assert reached(copy, mentions.unsure(copy.graph, COLDS)) == []
    assert reached(copy, entities.keep(copy.graph, FLU, "it is short")) == []
    entry = copy.decide(mentions.reject_link(copy.graph, COLDS, COLD), "ada")
    copy.decide(undo(copy.entries, str(entry.number)), "ada")
    assert entry.decision.id not in reach(copy.graph, copy.decisions)
