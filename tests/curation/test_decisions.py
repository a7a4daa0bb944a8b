"""What each decision does to a graph: seen by linker, teachers and views alike, and gone when it is undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Triple

from cdkd_kg.config import GraphConfig
from cdkd_kg.curation import entities, mentions, relations
from cdkd_kg.curation.undo import undo
from cdkd_kg.errors import ConfigError, DataRefusedError
from cdkd_kg.graph import view
from cdkd_kg.graph.build import build_graph
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.decisions.undoable import made_by
from cdkd_kg.graph.decisions.working_copy import WorkingCopy
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.iris import document_iri, mention_iri, relation_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import preferred
from cdkd_kg.graph.namespaces import DCTERMS, ITSRDF, OWL, SKOS
from tests.curation.conftest import FOUND
from tests.graph.helpers import EX, documents

FLU, COLD, GOUT, VIRUS, PAIN = (NamedNode(EX + name) for name in ("flu", "cold", "gout", "virus", "pain"))
COLDS = [mention_iri(document_iri("a/2"), 10, 14), mention_iri(document_iri("a/3"), 0, 4)]
IT = mention_iri(document_iri("a/3"), 20, 22)
ANN = NamedNode("urn:cdkd:graph:ills:ann")
ANNS = [mention_iri(document_iri(name), 0, 3) for name in ("a/1", "a/2")]
HAS = relation_iri("has")
HAS_FLU = Triple(ANN, HAS, FLU)
EVERY: dict[str, Callable[[KnowledgeGraph], Draft]] = {
    "accept": lambda graph: mentions.accept_link(graph, COLDS, COLD),
    "accept new": lambda graph: mentions.accept_link(graph, ANNS, ANN),
    "reject": lambda graph: mentions.reject_link(graph, COLDS, COLD),
    "unsure": lambda graph: mentions.unsure(graph, COLDS),
    "link": lambda graph: mentions.link(graph, [IT], GOUT),
    "link on": lambda graph: mentions.link(graph, [IT, *COLDS], PAIN),
    "create": lambda graph: mentions.create(graph, COLDS, "chill"),
    "split": lambda graph: mentions.split(graph, COLD, COLDS[:1], "chill"),
    "merge": lambda graph: entities.merge(graph, COLD, FLU),
    "merge on": lambda graph: entities.merge(graph, FLU, GOUT),
    "merge new": lambda graph: entities.merge(graph, ANN, PAIN),
    "relabel": lambda graph: entities.relabel(graph, FLU, "grippe"),
    "relabel on": lambda graph: entities.relabel(graph, FLU, "the flu"),
    "add alias": lambda graph: entities.add_alias(graph, FLU, "grippe", "fr"),
    "drop alias": lambda graph: entities.drop_alias(graph, FLU, "influenza"),
    "deprecate": lambda graph: entities.deprecate(graph, COLD, FLU),
    "deprecate alone": lambda graph: entities.deprecate(graph, GOUT),
    "deprecate back": lambda graph: entities.deprecate(graph, FLU, COLD),
    "accept relation": lambda graph: relations.accept_relation(graph, HAS_FLU),
    "reject relation": lambda graph: relations.reject_relation(graph, HAS_FLU),
    "unsure of relation": lambda graph: relations.unsure_of_relation(graph, HAS_FLU),
    "add relation": lambda graph: relations.add_relation(graph, Triple(GOUT, SKOS.related, PAIN)),
    "change relation": lambda graph: relations.change_relation(graph, HAS_FLU, Triple(ANN, SKOS.related, FLU)),
}


def links(graph: KnowledgeGraph) -> set[tuple[str, str, float]]:
    table = view.links(graph)
    rows = zip(*(table[name].to_pylist() for name in "sow"), strict=True)
    return {(s.removeprefix("urn:cdkd:document:").replace("%2F", "/"), o, round(w, 3)) for s, o, w in rows}


def names(graph: KnowledgeGraph, entity: NamedNode) -> set[str]:
    return {label.text for label in graph.labels() if label.iri == entity.value}


@pytest.mark.parametrize("what", EVERY)
def test_undone_it_leaves_the_same_bytes_but_for_the_record(copy: WorkingCopy, what: str) -> None:
    def holds() -> list[str]:
        return sorted(str(quad) for quad in copy.graph if quad.graph_name != copy.graph.decisions)

    before = holds()
    entry = copy.decide(EVERY[what](copy.graph), "ada")
    after = holds()
    assert (after == before) == what.startswith("unsure")
    undoing = copy.decide(undo(copy.log.entries(), str(entry.number)), "ada")
    assert holds() == before
    copy.decide(undo(copy.log.entries(), undoing.decision.id), "ada")
    assert holds() == after


def test_an_accepted_link_is_sure_and_survives_another_reading(copy: WorkingCopy) -> None:
    assert ("a/2", COLD.value, 0.6) in links(copy.graph)
    copy.decide(mentions.link(copy.graph, COLDS, FLU), "ada")
    judged = {("a/2", FLU.value, 1.0), ("a/3", FLU.value, 1.0)}
    assert judged <= links(copy.graph)
    assert COLD.value not in {entity for _, entity, _ in links(copy.graph)}
    again = build_graph(FOUND, documents("a/1", "a/2", "a/3"), copy.graph, GraphConfig(name="ills"), {"id": "r2"})
    assert judged <= links(again)
    assert COLD.value not in {entity for _, entity, _ in links(again)}


def test_a_rejected_link_is_gone_also_from_another_reading(copy: WorkingCopy) -> None:
    copy.decide(mentions.reject_link(copy.graph, COLDS, COLD), "ada")
    again = build_graph(FOUND, documents("a/1", "a/2", "a/3"), copy.graph, GraphConfig(name="ills"), {"id": "r2"})
    for graph in (copy.graph, again):
        assert COLD.value not in {entity for _, entity, _ in links(graph)}
    copy.decide(mentions.accept_link(copy.graph, COLDS, COLD), "bob")  # who sees it otherwise
    assert ("a/2", COLD.value, 1.0) in links(copy.graph)


def test_an_ambiguous_mention_can_be_linked(copy: WorkingCopy) -> None:
    copy.decide(mentions.link(copy.graph, [IT], GOUT), "ada")
    assert ("a/3", GOUT.value, 1.0) in links(copy.graph)


def test_what_was_new_is_a_concept_once_it_is_accepted(copy: WorkingCopy) -> None:
    copy.decide(mentions.accept_link(copy.graph, ANNS, ANN), "ada")
    assert next(copy.graph.store.match(ANN, SKOS.prefLabel, None, copy.graph.accepted)).object == Literal("ANN")
    again = build_graph(FOUND, documents("a/1", "a/2", "a/3"), copy.graph, GraphConfig(name="ills"), {"id": "r2"})
    assert {("a/1", ANN.value, 1.0), ("a/2", ANN.value, 1.0)} <= links(again)
    assert names(again, ANN) == {"ANN", "Ann"}


def test_a_created_entity_has_an_iri_of_its_own_even_if_another_is_called_so(copy: WorkingCopy) -> None:
    first = copy.decide(mentions.create(copy.graph, [IT], "ann"), "ada").decision
    made = {entity for document, entity, _ in links(copy.graph) if document == "a/3"} - {FLU.value, COLD.value}
    assert len(made) == 1
    assert ANN.value not in made
    copy.decide(entities.relabel(copy.graph, NamedNode(made.pop()), "somebody"), "ada")
    with pytest.raises(DataRefusedError, match="'ann' is called 'somebody'"):
        copy.decide(undo(copy.log.entries(), first.id), "ada")


def test_a_merge_moves_names_ties_and_mentions_and_leaves_a_trace(copy: WorkingCopy) -> None:
    copy.decide(entities.merge(copy.graph, COLD, FLU), "ada")
    assert names(copy.graph, FLU) == {"flu", "influenza", "cold"}
    assert names(copy.graph, COLD) == set()
    assert ("a/2", FLU.value, 0.6) in links(copy.graph)
    assert next(copy.graph.holding(COLD, DCTERMS.isReplacedBy)).object == FLU
    assert next(copy.graph.holding(COLD, OWL.deprecated), None) is not None
    knowledge = view.knowledge(copy.graph)
    assert COLD.value not in knowledge["o"].to_pylist()
    read = view.relations(copy.graph)
    assert set(zip(read["s"].to_pylist(), read["o"].to_pylist(), strict=True)) == {(ANN.value, FLU.value)}
    with pytest.raises(ConfigError, match="deprecated"):
        entities.relabel(copy.graph, COLD, "sniffles")


def test_what_was_read_from_text_stays_as_sure_as_it_was_when_its_end_is_merged(copy: WorkingCopy) -> None:
    before = view.relations(copy.graph)["w"].to_pylist()
    copy.decide(entities.merge(copy.graph, ANN, PAIN), "ada")
    read = view.relations(copy.graph)
    assert set(read["s"].to_pylist()) == {PAIN.value}
    assert read["w"].to_pylist() == before
    assert HAS.value not in view.knowledge(copy.graph)["p"].to_pylist()


def test_two_merges_and_the_first_is_undone(copy: WorkingCopy) -> None:
    first = copy.decide(entities.merge(copy.graph, COLD, FLU), "ada").decision
    copy.decide(entities.add_alias(copy.graph, FLU, "the bug"), "ada")
    copy.decide(undo(copy.log.entries(), first.id), "ada")
    assert names(copy.graph, FLU) == {"flu", "influenza", "the bug"}
    assert names(copy.graph, COLD) == {"cold"}


def test_a_relabelled_entity_keeps_its_old_name_as_another_and_its_language(copy: WorkingCopy) -> None:
    copy.decide(entities.relabel(copy.graph, FLU, "  the   grippe "), "ada")
    assert next(copy.graph.holding(FLU, SKOS.prefLabel)).object == Literal("the grippe", language="en")
    assert preferred(copy.graph)[FLU.value] == "the grippe"
    assert names(copy.graph, FLU) == {"flu", "influenza", "the grippe"}
    copy.decide(entities.relabel(copy.graph, FLU, "influenza"), "ada")
    assert len(list(copy.graph.holding(FLU, SKOS.prefLabel))) == 1
    copy.decide(entities.relabel(copy.graph, FLU, "Grippe", "de"), "ada")
    assert {str(quad.object) for quad in copy.graph.holding(FLU, SKOS.prefLabel)} == {'"influenza"@en', '"Grippe"@de'}


def test_a_deprecated_entity_is_linked_no_more(copy: WorkingCopy) -> None:
    copy.decide(entities.deprecate(copy.graph, COLD), "ada")
    assert names(copy.graph, COLD) == set()
    assert COLD.value not in {entity for _, entity, _ in links(copy.graph)}


def test_relations_become_knowledge_or_vanish(copy: WorkingCopy) -> None:
    def known() -> set[tuple[str, str]]:
        table = view.knowledge(copy.graph)
        return set(zip(table["s"].to_pylist(), table["o"].to_pylist(), strict=True))

    assert (ANN.value, FLU.value) not in known()
    copy.decide(relations.accept_relation(copy.graph, HAS_FLU), "ada")
    assert (ANN.value, FLU.value) in known()
    copy.decide(relations.reject_relation(copy.graph, HAS_FLU), "ada")
    assert (ANN.value, FLU.value) not in known()
    assert FLU.value not in view.relations(copy.graph)["o"].to_pylist()
    copy.decide(relations.accept_relation(copy.graph, HAS_FLU), "bob")
    assert (ANN.value, FLU.value) in known()
    with pytest.raises(ConfigError, match="does not say this"):
        relations.accept_relation(copy.graph, Triple(ANN, HAS, PAIN))


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        (lambda graph: entities.merge(graph, FLU, FLU), "itself"),
        (lambda graph: entities.merge(graph, FLU, NamedNode("urn:nobody")), "says nothing"),
        (lambda graph: entities.add_alias(graph, FLU, "influenza"), "already"),
        (lambda graph: entities.add_alias(graph, FLU, " \n "), "no name"),
        (lambda graph: entities.add_alias(graph, FLU, "x" * 1001), "no name"),
        (lambda graph: entities.add_alias(graph, FLU, "gr\u202eippe"), "no name"),
        (lambda graph: entities.add_alias(graph, FLU, "grippe", "not a language"), "no language"),
        (lambda graph: entities.drop_alias(graph, FLU, "measles"), "no such name"),
        (lambda graph: entities.drop_alias(graph, PAIN, "pain"), "no other name"),
        (lambda graph: entities.relabel(graph, FLU, "flu"), "already"),
        (lambda graph: entities.deprecate(graph, FLU, FLU), "itself"),
        (lambda graph: mentions.accept_link(graph, [IT], NamedNode("urn:nobody")), "says nothing"),
        (lambda graph: mentions.link(graph, [NamedNode("urn:m")], FLU), "no such mention"),
        (lambda graph: mentions.split(graph, FLU, COLDS, "x"), "does not mean 'flu'"),
        (lambda graph: mentions.link(graph, [], FLU), "no mention"),
        (lambda graph: relations.add_relation(graph, Triple(FLU, SKOS.broader, VIRUS)), "already"),
        (lambda graph: relations.add_relation(graph, Triple(FLU, NamedNode("javascript:x"), PAIN)), "scheme"),
        (lambda graph: relations.add_relation(graph, Triple(FLU, SKOS.broader, Literal("x"))), "two entities"),
        (lambda graph: relations.change_relation(graph, HAS_FLU, HAS_FLU), "nothing would change"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(copy: WorkingCopy, draft, why: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises((ConfigError, Exception), match=why):
        draft(copy.graph)
    assert copy.log.entries() == []


def test_two_copies_see_each_others_decisions_and_the_folder_sees_both(folder: Path) -> None:
    from cdkd_kg.graph.decisions.working_copy import working_copy

    with working_copy(folder) as one, working_copy(folder) as two:
        one.decide(entities.add_alias(one.graph, FLU, "grippe"), "ada")
        assert names(two.graph, FLU) == {"flu", "influenza"}
        two.refresh()
        two.decide(entities.add_alias(two.graph, FLU, "the bug"), "bob")
        one.refresh()
        assert one.graph.revision == two.graph.revision
        with graph_folder(folder) as graph:
            assert graph.revision == one.graph.revision
            assert names(graph, FLU) == {"flu", "influenza", "grippe", "the bug"}
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_what_was_accepted_and_rejected_by_other_means_becomes_a_decision(folder: Path) -> None:
    from cdkd_kg.graph.decisions.log import DecisionLog
    from cdkd_kg.graph.decisions.working_copy import working_copy

    with graph_folder(folder) as graph:
        graph.add([Quad(FLU, SKOS.related, PAIN, graph.accepted), Quad(FLU, SKOS.broader, VIRUS, graph.rejected)])
    with working_copy(folder) as copy:
        [entry] = copy.log.entries()
        assert (entry.decision.what.kind, entry.decision.who) == ("import", "cdkd graph")
        copy.decide(undo(copy.log.entries(), "1"), "ada")
        assert next(copy.graph.holding(FLU, SKOS.related), None) is None
        assert next(copy.graph.holding(FLU, SKOS.broader), None) is not None
    with graph_folder(folder) as graph:
        assert next(graph.store.match(graph=graph.rejected), None) is None
        graph.add([Quad(GOUT, SKOS.related, PAIN, graph.accepted)])
    with graph_folder(folder) as graph:
        assert next(graph.holding(GOUT, SKOS.related), None) is not None
    assert [one.decision.what.kind for one in DecisionLog(folder).entries()] == ["import", "undo", "import"]


def meanings(graph: KnowledgeGraph, mention: NamedNode) -> set[str]:
    return {str(quad.object) for quad in graph.holding(mention, ITSRDF.taIdentRef)}


def test_a_mention_means_one_thing_also_when_an_earlier_decision_is_undone_or_comes_back(copy: WorkingCopy) -> None:
    first = copy.decide(mentions.link(copy.graph, COLDS, GOUT), "ada")
    copy.decide(mentions.link(copy.graph, COLDS, FLU), "ada")
    gone = copy.decide(undo(copy.entries, str(first.number)), "ada")
    assert meanings(copy.graph, COLDS[0]) == {str(FLU)}
    assert len({quad.object for quad in copy.graph.holding(COLDS[0], ITSRDF.taConfidence)}) == 1
    copy.decide(undo(copy.entries, str(gone.number)), "ada")
    assert meanings(copy.graph, COLDS[0]) == {str(FLU)}


def test_an_entity_has_one_preferred_name_also_when_an_earlier_relabelling_is_undone(copy: WorkingCopy) -> None:
    first = copy.decide(entities.relabel(copy.graph, FLU, "grippe"), "ada")
    copy.decide(entities.relabel(copy.graph, FLU, "the flu"), "ada")
    copy.decide(undo(copy.entries, str(first.number)), "ada")
    assert [quad.object.value for quad in copy.graph.holding(FLU, SKOS.prefLabel)] == ["the flu"]
    assert "flu" in names(copy.graph, FLU)


def test_a_merge_on_which_another_rests_is_not_undone_before_that(copy: WorkingCopy) -> None:
    first = copy.decide(entities.merge(copy.graph, COLD, FLU), "ada")
    second = copy.decide(entities.merge(copy.graph, FLU, GOUT), "ada")
    with pytest.raises(DataRefusedError, match="'flu' is 'gout'"):
        copy.decide(undo(copy.entries, str(first.number)), "ada")
    copy.decide(undo(copy.entries, str(second.number)), "ada")
    copy.decide(undo(copy.entries, str(first.number)), "ada")
    assert meanings(copy.graph, COLDS[0]) == {str(COLD)}


def test_what_speaks_of_a_concept_that_nobody_made_any_more_does_not_come_back(copy: WorkingCopy) -> None:
    made = copy.decide(mentions.create(copy.graph, [IT], "a sore"), "ada")
    sore = next(iter(made_by(made.decision.what)))
    linked = copy.decide(mentions.link(copy.graph, COLDS, NamedNode(sore)), "ada")
    back = copy.decide(undo(copy.entries, str(linked.number)), "ada")
    there = copy.decide(undo(copy.entries, str(made.number)), "ada")
    with pytest.raises(DataRefusedError, match="nobody made any more"):
        copy.decide(undo(copy.entries, str(back.number)), "ada")
    copy.decide(undo(copy.entries, str(there.number)), "ada")
    copy.decide(undo(copy.entries, str(back.number)), "ada")
    assert meanings(copy.graph, COLDS[0]) == {f"<{sore}>"}


def test_the_name_that_an_entity_goes_by_is_not_dropped_before_it_has_another(copy: WorkingCopy) -> None:
    with pytest.raises(ConfigError, match="call it otherwise first"):
        entities.drop_alias(copy.graph, FLU, "flu")
    copy.decide(entities.relabel(copy.graph, FLU, "grippe"), "ada")
    copy.decide(entities.drop_alias(copy.graph, FLU, "flu"), "ada")
    assert preferred(copy.graph)[FLU.value] == "grippe"


def test_something_new_of_the_name_that_it_has_already_is_not_made_twice(copy: WorkingCopy) -> None:
    copy.decide(mentions.create(copy.graph, ANNS, "Ann"), "ada")
    assert meanings(copy.graph, ANNS[0]) == {str(ANN)}
