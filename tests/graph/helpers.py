"""Small tables and a small vocabulary, built by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from cdkd_kg.entities.tables import MENTIONS, RELATIONS, Extraction

VOCABULARY = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix ex: <http://example.org/> .
ex:flu a skos:Concept ; skos:prefLabel "flu"@en ; skos:altLabel "influenza" ; skos:broader ex:virus .
ex:cold a skos:Concept ; skos:prefLabel "cold" ; skos:broader ex:virus .
ex:virus a skos:Concept ; skos:prefLabel "viral disease" ; skos:broader ex:disease .
ex:disease a skos:Concept ; skos:prefLabel "disease" ; skos:narrower ex:virus, ex:gout .
ex:gout a skos:Concept ; skos:prefLabel "gout" .
ex:aspirin a skos:Concept ; skos:prefLabel "aspirin" ; ex:treats ex:flu ; skos:related ex:pain .
ex:pain a skos:Concept ; skos:prefLabel "pain" .
"""
EX = "http://example.org/"


def mention(document: str, begin: int, anchor: str, iri: str | None = None, **other: Any) -> dict[str, Any]:
    row = {
        "document": document,
        "begin": begin,
        "end": begin + len(anchor),
        "anchor": anchor,
        "concept": anchor.casefold(),
        "type": "TERM" if iri else "PERSON",
        "sentence": 0,
        "candidates": [],
        "iri": iri,
        "nil": None if iri else "new",
        "confidence": 1.0,
    }
    return {**row, **other}


def relation(
    document: str, subject: int, predicate: str, target: int, confidence: float = 0.5, pattern: str = "subject_object"
) -> dict[str, Any]:
    return {
        "document": document,
        "subject_begin": subject,
        "object_begin": target,
        "predicate": predicate,
        "pattern": pattern,
        "sentence": 0,
        "confidence": confidence,
    }


def extraction(mentions: Sequence[dict[str, Any]], relations: Sequence[dict[str, Any]] = ()) -> Extraction:
    return Extraction(
        mentions=pa.Table.from_pylist(list(mentions), schema=MENTIONS),
        relations=pa.Table.from_pylist(list(relations), schema=RELATIONS),
    )


def documents(*names: str) -> list[tuple[str, str, str]]:
    return [(name, name.partition("/")[0], f"{number:064x}") for number, name in enumerate(names)]
