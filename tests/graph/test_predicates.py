"""Words of text lead to typed predicates, one each."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Triple

from cdkd_kg.config import EntitiesConfig, GraphConfig
from cdkd_kg.entities.grammar import predicate_form
from cdkd_kg.entities.mentions import CONCEPT, TERM
from cdkd_kg.entities.relations import CONFIDENCE
from cdkd_kg.errors import GraphError
from cdkd_kg.graph.build import build_graph
from cdkd_kg.graph.iris import RELATION, concept_iri, local_name, relation_iri, statement_iri
from cdkd_kg.graph.namespaces import KD, OWL, RDF, RDFS
from cdkd_kg.graph.neighbourhood import neighbourhood
from cdkd_kg.graph.predicates import predicates, read_predicates
from cdkd_kg.graph.tensors import _RESERVED, RELATED_BY_TEXT
from tests.graph.helpers import documents, extraction, mention, relation

PATTERNS = ("copula", "subject_object")
TYPES = (*EntitiesConfig().types, TERM, CONCEPT)
KNOWN = predicates().known
WORDS = sorted({word for one in KNOWN for word in one.words})
PREFIXES = """
@prefix kd: <urn:cdkd:ns#> . @prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix r: <urn:cdkd:relation:> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix schema: <http://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix type: <urn:cdkd:type:> .
"""
CODE = "import tests.graph.test_predicates as t; print(t.everything())"


def typed(word: str, pattern: str, subject: str, target: str) -> str:
    return predicates().typed(word, pattern, subject, target).value.removeprefix(RELATION)


def everything() -> list[str]:
    return [typed(*found) for found in product(WORDS, PATTERNS, TYPES, TYPES)]


def test_every_word_leads_to_one_predicate_the_narrowest_that_fits() -> None:
    for word, *found in product(WORDS, PATTERNS, TYPES, TYPES):
        fitting = [one for one in KNOWN if word in one.words and one.fits(*found)]
        narrowest = max((one.narrowness for one in fitting), default=0)
        first = {one.iri for one in fitting if one.narrowness == narrowest} or {relation_iri(word).value}
        assert {RELATION + typed(word, *found)} == first


def test_every_word_is_of_use() -> None:
    said = {(word, RELATION + typed(word, *found)) for word, *found in product(WORDS, PATTERNS, TYPES, TYPES)}
    assert said >= {(word, one.iri) for one in KNOWN for word in one.words}


def test_synonyms_are_one_predicate_and_types_tell_homonyms_apart() -> None:
    for word in ("acquire", "buy", "take_over", "own"):
        assert typed(word, "subject_object", "ORG", "ORG") == "owns"
    assert typed("buy", "subject_object", "EVENT", "ORG") == "buy", "an event owns nothing"
    assert typed("in", "noun_preposition", "ORG", "GPE") == "is_located_in"
    assert typed("in", "noun_preposition", "ORG", "CONCEPT") == "occurs_in"
    assert typed("against", "noun_preposition", "CONCEPT", "GPE") == "competes_with"
    assert typed("against", "noun_preposition", "CONCEPT", "CONCEPT") == "opposes"
    assert typed("is_a", "copula", "PERSON", "CONCEPT") == "is_a"
    assert typed("meet", "subject_object", "PERSON", "CONCEPT") == "meet"
    assert typed("in", "noun_preposition", "DISEASE", "CELL_LINE") == "occurs_in", "types of any pipeline will do"


@given(st.text(max_size=20), *[st.text(max_size=9)] * 3)
def test_any_word_leads_to_a_predicate(word: str, pattern: str, subject: str, target: str) -> None:
    formed = predicate_form(word)
    assert predicates().typed(formed, pattern, subject, target).value.startswith(RELATION)
    if formed not in WORDS:
        assert typed(formed, pattern, subject, target) == formed


def test_types_and_patterns_and_words_are_those_that_reading_makes() -> None:
    for one in KNOWN:
        assert (one.subjects | one.objects) - set(TYPES) == set()
        assert one.patterns <= set(CONFIDENCE)
        assert one.words == {predicate_form(word) for word in one.words}
        assert len(one.label) < 30


def test_a_name_is_an_edge_type_that_no_word_and_no_other_edge_has() -> None:
    names = [local_name(one.iri) for one in KNOWN]
    assert names == [one.iri.removeprefix(RELATION) for one in KNOWN]
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)
    assert set(names) & {*_RESERVED, RELATED_BY_TEXT} == set()
    assert set(names) & set(WORDS) == {"is_a"}


def test_any_hash_seed_gives_the_same_predicates() -> None:
    seed = "4242" if os.environ.get("PYTHONHASHSEED") != "4242" else "1"
    there = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == str(everything())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("r:owns a owl:ObjectProperty ; skos:altLabel 'own' .", "not one label"),
        ("r:owns a owl:ObjectProperty ; rdfs:label 'owns' .", "no word"),
        ("r:owns a owl:ObjectProperty ; rdfs:label 'owns' ; skos:altLabel 'take over' .", "'take over' is no word"),
        ("<urn:x:owns> a owl:ObjectProperty ; rdfs:label 'owns' ; skos:altLabel 'own' .", "not one of relations"),
        ("r:owns a owl:ObjectProperty ; rdfs:label 'owns' ; skos:altLabel 'own' ; schema:rangeIncludes owl:Thing .",
         "is no type of entity"),
        ("r:owns a owl:ObjectProperty ; rdfs:label 'owns' ; skos:altLabel 'own' ; schema:rangeIncludes type:ORG ."
         "r:has a owl:ObjectProperty ; rdfs:label 'has' ; skos:altLabel 'own' ; schema:domainIncludes type:PERSON .",
         "'own' expresses urn:cdkd:relation:owns, too"),
    ],
)  # fmt: skip
def test_a_file_that_leaves_open_what_is_meant_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "relations.ttl"
    file.write_text(PREFIXES + text, "utf-8")
    with pytest.raises(GraphError, match=re.escape(why)) as caught:
        read_predicates(file)
    assert str(file) in str(caught.value)


def test_a_pattern_narrows_a_predicate(tmp_path: Path) -> None:
    file = tmp_path / "relations.ttl"
    text = "r:likes a owl:ObjectProperty ; rdfs:label 'likes' ; skos:altLabel 'like' ; kd:pattern 'subject_object' ."
    file.write_text(PREFIXES + text, "utf-8")
    found = read_predicates(file)
    assert found.typed("like", "subject_object", "PERSON", "PERSON") == relation_iri("likes")
    assert found.typed("like", "noun_preposition", "PERSON", "PERSON") == relation_iri("like")


def test_a_statement_keeps_the_words_and_patterns_that_it_was_read_from(config: GraphConfig) -> None:
    rows = [
        mention(name, place, anchor, type="ORG")
        for name in ("d/1", "d/2")
        for place, anchor in ((0, "Rome plc"), (10, "Oslo plc"))
    ]
    said = [
        relation("d/1", 0, "buy", 10, pattern="subject_object"),
        relation("d/1", 0, "buy", 10, pattern="passive"),
        relation("d/2", 0, "acquire", 10, pattern="subject_object"),
        relation("d/2", 10, "frobnicate_with", 0, pattern="verb_preposition"),
    ]
    graph = build_graph(extraction(rows, said), documents("d/1", "d/2"), [], config, {"id": "r"})
    rome, oslo = concept_iri("test", "rome plc"), concept_iri("test", "oslo plc")
    node = statement_iri(Triple(rome, relation_iri("owns"), oslo))
    look = graph.store.match
    assert {quad.object for quad in look(node, KD.wording)} == {Literal("buy"), Literal("acquire")}
    assert {quad.object for quad in look(node, KD.pattern)} == {Literal("subject_object"), Literal("passive")}
    assert [quad.object for quad in look(node, KD.evidenceCount)] == [Literal(2)]
    proposed = graph.proposed("r")
    for predicate, label in ((relation_iri("owns"), "owns"), (relation_iri("frobnicate_with"), "frobnicate with")):
        assert Quad(predicate, RDF.type, OWL.ObjectProperty, proposed) in set(graph)
        assert [quad.object for quad in look(predicate, RDFS.label)] == [Literal(label, language="en")]
    assert {label.text for label in graph.labels()} == {"Rome plc", "Oslo plc"}, "a predicate is no concept"
    ties = {(tie["direction"], tie["relation"]) for tie in neighbourhood(graph, rome.value)["ties"]}
    assert ties == {("out", "owns"), ("in", "frobnicate with")}


def test_every_predicate_of_a_proposal_is_declared_there(config: GraphConfig) -> None:
    names = [f"d/{number}" for number in range(8)]
    rows = [mention(name, 10 * place, word) for name in names[:2] for place, word in enumerate(["ann", "bob"])]
    built = build_graph(extraction(rows, [relation("d/0", 0, "see", 10)]), documents(*names), [], config, {"id": "r"})
    used = {quad.object for quad in built.store.match(None, RDF.predicate)}
    assert used == {KD.comention, relation_iri("see")}
    for node in used:
        assert isinstance(node, NamedNode)
        assert next(built.store.match(node, RDF.type, OWL.ObjectProperty, built.proposed("r")), None) is not None
        assert next(built.store.match(node, RDFS.label, None, built.proposed("r")), None) is not None
