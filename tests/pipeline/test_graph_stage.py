"""What the stage graph depends on."""

from pathlib import Path

from cdkd_kg import load_config
from cdkd_kg.graph.shipped import shipped
from cdkd_kg.pipeline import graph_stage
from cdkd_kg.stages import Job

ROOT = Path(__file__).parents[2]


def test_another_vocabulary_of_relations_is_another_graph(tmp_path, monkeypatch):
    config = load_config(ROOT / "configs" / "own_data.yaml")
    corpus, entities = (Job(stage, "", {}, {}, lambda *_: None) for stage in ("corpus", "entities"))
    before = graph_stage.graph_job(config, corpus, entities).fingerprint
    assert graph_stage.graph_job(config, corpus, entities).fingerprint == before
    changed = tmp_path / "relations.ttl"
    changed.write_bytes(shipped("relations.ttl").read_bytes() + b"# one more word\n")
    monkeypatch.setattr(graph_stage, "shipped", lambda name: tmp_path / name)
    assert graph_stage.graph_job(config, corpus, entities).fingerprint != before
