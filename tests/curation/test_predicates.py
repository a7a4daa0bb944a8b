"""Relations by the names that people see: what is there is found, what is usual is known, and only the rest is new."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from cdkd_kg.curation import entities, relations
from cdkd_kg.curation.predicates import predicate_of, predicates
from cdkd_kg.errors import ConfigError
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.decisions.working_copy import WorkingCopy
from cdkd_kg.graph.iris import relation_iri
from cdkd_kg.graph.namespaces import SKOS
from tests.curation.test_decisions import COLD, FLU, GOUT, HAS, PAIN
from tests.graph.helpers import EX

TREATS = NamedNode(EX + "treats")


def test_relations_are_called_as_they_are_shown(copy: WorkingCopy) -> None:
    names = predicates(copy.graph)
    assert names[TREATS.value] == "treats"
    assert names[HAS.value] == "has"
    assert names[SKOS.related.value] == "related"
    copy.decide(entities.merge(copy.graph, COLD, FLU), "ada")
    names = predicates(copy.graph)
    assert not {"type", "inScheme", "isReplacedBy", "taIdentRef", "subject", "confidence"} & set(names.values())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("treats", TREATS),
        (" Treats ", TREATS),
        ("broader", SKOS.broader),
        ("skos:related", SKOS.related),
        ("skos:closeMatch", SKOS.closeMatch),
        (EX + "treats", TREATS),
        ("has", HAS),
        ("suffers from", relation_iri("suffers_from")),
    ],
)
def test_what_is_typed_is_what_is_there_before_it_is_new(copy: WorkingCopy, typed: str, meant: NamedNode) -> None:
    assert predicate_of(predicates(copy.graph), typed) == meant


def test_a_relation_that_was_made_is_found_again_and_a_name_of_it_is_one(copy: WorkingCopy) -> None:
    made = predicate_of(predicates(copy.graph), "comes with")
    copy.decide(relations.add_relation(copy.graph, Triple(GOUT, made, PAIN)), "ada")
    assert predicate_of(predicates(copy.graph), "Comes with") == made
    named = Triple(TREATS, SKOS.prefLabel, Literal("helps against"))
    copy.decide(Draft("import", "a name", (), (named,)), "ada")
    assert predicates(copy.graph)[TREATS.value] == "helps against"
    assert (
        predicate_of(predicates(copy.graph), "helps against")
        == predicate_of(predicates(copy.graph), "treats")
        == TREATS
    )


def test_of_two_that_are_called_the_same_each_is_told_from_the_other(copy: WorkingCopy) -> None:
    other = NamedNode("urn:x:broader")
    copy.decide(relations.add_relation(copy.graph, Triple(GOUT, other, PAIN)), "ada")
    names = predicates(copy.graph)
    assert (names[SKOS.broader.value], names[other.value]) == ("skos:broader", "urn:x:broader")
    with pytest.raises(ConfigError, match="several relations are called 'broader'"):
        predicate_of(predicates(copy.graph), "broader")
    assert {predicate_of(predicates(copy.graph), name) for name in names.values()} == {NamedNode(iri) for iri in names}


@pytest.mark.parametrize("typed", ["", "  ", "_", "http://no iri"])
def test_what_names_no_relation_is_refused(copy: WorkingCopy, typed: str) -> None:
    with pytest.raises(ConfigError, match="names no relation"):
        predicate_of(predicates(copy.graph), typed)


def test_names_that_differ_by_a_line_or_by_case_are_told_apart(copy: WorkingCopy) -> None:
    obo, read = NamedNode("http://ex.org/BFO_0000050"), relation_iri("part_of")
    copy.decide(relations.add_relation(copy.graph, Triple(GOUT, obo, PAIN)), "ada")
    copy.decide(Draft("import", "a name", (), (Triple(obo, SKOS.prefLabel, Literal("Part of")),)), "ada")
    copy.decide(relations.add_relation(copy.graph, Triple(GOUT, read, PAIN)), "ada")
    names = predicates(copy.graph)
    assert names[obo.value] != names[read.value]
    assert {predicate_of(names, names[one.value]) for one in (obo, read)} == {obo, read}


def test_a_name_of_any_script_is_shown_as_it_was_written(copy: WorkingCopy) -> None:
    for name in ("été", "有", "comes with"):
        made = predicate_of(predicates(copy.graph), name)
        copy.decide(relations.add_relation(copy.graph, Triple(GOUT, made, PAIN)), "ada")
        assert predicates(copy.graph)[made.value] == name
    assert predicate_of(predicates(copy.graph), "Été") == relation_iri("été")
    with pytest.raises(ConfigError, match="a relation has a name"):
        predicate_of(predicates(copy.graph), "")


@pytest.mark.parametrize(
    "name", ["dcterms:isReplacedBy", "itsrdf:taIdentRef", "skos:prefLabel", "rdf:type", "owl:deprecated", "kd:accepts"]
)
def test_what_a_graph_says_of_itself_is_no_relation(copy: WorkingCopy, name: str) -> None:
    made = predicate_of(predicates(copy.graph), name)
    with pytest.raises(ConfigError, match="ties no two things"):
        relations.add_relation(copy.graph, Triple(GOUT, made, PAIN))
