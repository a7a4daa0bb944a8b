"""A graph in a folder, with what a reading proposed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from cdkd_kg.config import GraphConfig
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.graph.build import build_graph
from cdkd_kg.graph.decisions.working_copy import WorkingCopy, working_copy
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.kept_mentions import keep_mentions
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from tests.graph.helpers import EX, VOCABULARY, documents, extraction, mention, relation

CANDIDATES = [
    {"iri": EX + name, "label": label, "kind": "alternative", "form": "exact", "score": score}
    for name, label, score in (("gout", "gout", 0.4), ("pain", "pain", 0.3))
]
FOUND = extraction(
    [
        mention("a/1", 0, "Ann"),
        mention("a/1", 10, "flu", EX + "flu", confidence=0.9),
        mention("a/2", 0, "ANN", concept="ann"),
        mention("a/2", 10, "cold", EX + "cold", confidence=0.6),
        mention("a/3", 0, "cold", EX + "cold", confidence=0.6),
        mention("a/3", 10, "Flu", EX + "flu", confidence=0.9),
        mention("a/3", 20, "it", nil="ambiguous", candidates=CANDIDATES, confidence=0.3),
    ],
    [relation("a/1", 0, "have", 10), relation("a/2", 0, "have", 10)],
)
TEXTS = {"a/1": "Ann has a flu.", "a/2": "ANN has a cold.", "a/3": "cold, see Flu and   it."}


def proposed(name: str, found: Extraction = FOUND, texts: Iterable[str] = TEXTS) -> KnowledgeGraph:
    background = KnowledgeGraph(name)
    background.add(quad for quad in parse(VOCABULARY, format=RdfFormat.TURTLE))
    config = GraphConfig(name=name, max_document_share=1.0, min_npmi=0.0)
    return build_graph(found, documents(*texts), background, config, {"id": "r1"})


def make(folder: Path, found: Extraction = FOUND, texts: Mapping[str, str] = TEXTS) -> Path:
    with graph_folder(folder, create=True) as graph:
        keep_mentions(folder, "r1", found, texts)
        graph.add(proposed(graph.name, found, texts))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "ills")


@pytest.fixture
def copy(folder: Path) -> Iterator[WorkingCopy]:
    with working_copy(folder) as found:
        yield found
