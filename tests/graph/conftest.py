from __future__ import annotations

from pathlib import Path

import pytest

from cdkd_kg.config import GraphConfig
from cdkd_kg.graph.build import build_graph
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from tests.graph.helpers import EX, VOCABULARY, documents, extraction, mention, relation


@pytest.fixture
def vocabulary(tmp_path: Path) -> Path:
    path = tmp_path / "vocabulary.ttl"
    path.write_text(VOCABULARY, "utf-8")
    return path


@pytest.fixture
def config() -> GraphConfig:
    return GraphConfig(name="test", max_document_share=1.0, min_npmi=0.0)


@pytest.fixture
def graph(vocabulary: Path, config: GraphConfig) -> KnowledgeGraph:
    """Three documents: flu in two, cold in two, Ann (new) in two, aspirin in one, an ambiguous mention."""
    candidates = [{"iri": EX + name, "label": "it", "kind": "alternative", "score": 0.4} for name in ("gout", "pain")]
    mentions = [
        mention("a/1", 0, "Ann"),
        mention("a/1", 10, "flu", EX + "flu"),
        mention("a/1", 20, "influenza", EX + "flu", confidence=0.5),
        mention("a/2", 0, "ANN", concept="ann"),
        mention("a/2", 10, "cold", EX + "cold", confidence=0.8),
        mention("b/1 x", 0, "flu", EX + "flu"),
        mention("b/1 x", 10, "cold", EX + "cold", confidence=0.8),
        mention("b/1 x", 20, "aspirin", EX + "aspirin"),
        mention("b/1 x", 30, "it", nil="ambiguous", candidates=candidates),
        mention("test/9", 0, "flu", EX + "flu"),
    ]
    relations = [
        relation("a/1", 0, "have", 10),
        relation("a/1", 0, "have", 20),
        relation("a/2", 0, "have", 10),
        relation("b/1 x", 30, "follow", 0),
    ]
    return build_graph(
        extraction(mentions, relations), documents("b/1 x", "a/2", "a/1"), [vocabulary], config, {"id": "r1"}
    )
