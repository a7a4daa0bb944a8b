"""A student of a real, small run becomes a bundle: whole, calibrated, with a card that says what is so, or nothing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from transformers import pipeline

from cdkd_kg.artifacts import read_json
from cdkd_kg.config import load_config
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.errors import ConfigError, ExportRefusedError, MissingResourceError
from cdkd_kg.export import forms as export_forms
from cdkd_kg.export.card import model_card
from cdkd_kg.export.forms import Forms
from cdkd_kg.inference.bundle import FILES
from cdkd_kg.inference.predictor import Predictor
from cdkd_kg.inference.reference import NUMBERS, REFERENCE
from cdkd_kg.pipeline.export import export
from cdkd_kg.pipeline.run import run
from tests.models import tiny_bert
from tests.pipeline.corpus import settings, write_config, write_corpus


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    tiny_bert(folder / "bert", write_corpus(folder))
    values = settings(folder)
    values["evaluation"] |= {"conditions": ["no_distillation", "text_teacher", "graph_teacher"]}
    return run(load_config(write_config(folder, values)))


@pytest.fixture(scope="module")
def bundle(made):
    return export(made.folder, made.folder.parent / "bundle", Forms(), command=("cdkd", "export"))


def test_every_form_says_what_the_student_says(made, bundle):
    assert [one["name"] for one in bundle.about["forms"]] == ["torch", "int8", "onnx"]
    for one in bundle.about["forms"]:
        assert one["documents"] == one["labelled"] > 10
        assert one["same"] >= (0.9 if one["name"] == "int8" else 1.0)
        assert (bundle.folder / one["file"]).stat().st_size == one["bytes"]


def test_plain_transformers_loads_it_and_answers_as_the_student_of_the_run(made, bundle):
    texts = ["ball goal team the of", "bank rate stock in a"]
    mine, theirs = (
        pipeline("text-classification", model=str(folder), truncation=True, top_k=None)(texts)
        for folder in (bundle.folder, made.student("topic"))
    )
    assert mine == theirs


def test_a_domain_without_labels_has_the_temperature_of_all(bundle):
    news, letters = (bundle.about["domains"][name] for name in ("news", "letters"))
    assert news["judged"] > 0
    assert letters["judged"] == 0
    assert letters["temperature"] == bundle.temperature()
    assert letters["role"] == "target"
    assert 0.05 <= bundle.temperature("news") <= 20


def test_it_knows_what_unseen_texts_of_each_domain_look_like(made, bundle):
    known, corpus = read_json(bundle.folder / REFERENCE), Corpus.load(_corpus(made))
    for name in ("news", "letters"):
        rows = [
            domain
            for split in ("validation", "test")
            for domain in corpus.rows("topic", split)["domain"][:]
            if domain == name
        ]
        assert known[name]["documents"] == len(rows)
        for feature in (*NUMBERS, "label"):
            assert sum(known[name][feature]["counts"]) == len(rows)


def _corpus(made):
    return Path(made.results["made_in"]["corpus"])


def test_the_card_says_what_is_so(made, bundle):
    card = (bundle.folder / "README.md").read_text("utf-8")
    score = made.results["students"]["topic"]["graph_teacher"]["letters"]["scores"]["accuracy"]
    assert f"{100 * score['mean']:.1f} ({100 * score['low']:.1f} to {100 * score['high']:.1f})" in card
    assert made.results["graph"]["revision"] in card
    assert made.results["verdict"]["topic"]["text"].split(":")[0] in card
    for heading in ("Data", "Teachers and graph", "Scores", "Calibration", "Forms", "Limits", "Energy and time"):
        assert f"\n\n## {heading}\n\n" in card
    assert card.startswith("---\n")
    rows = re.findall(r"^\| (news|letters) \|.*$", card, re.MULTILINE)
    assert len(rows) == 6
    assert "{{" not in card


def test_words_of_a_run_cannot_become_markup(made, bundle, tmp_path):
    corpus = Corpus.load(_corpus(made))
    evil = "a|b\n# c <script> `d` [e](f)"
    about = bundle.about | {"labels": [evil], "task": "topic"}
    results = json.loads(json.dumps(made.results))
    results["verdict"]["topic"]["text"] = evil
    card = model_card(results, corpus, about, "graph_teacher")
    assert "\n# c" not in card
    assert "<script>" not in card.replace("`a/b # c <script> 'd' [e](f)`", "")


def test_what_comes_out_twice_is_the_same(made, bundle, tmp_path):
    again = export(made.folder, tmp_path / "bundle", Forms(), command=("cdkd", "export"))
    for one in ("model.safetensors", "tokenizer.json", "reference.json", FILES["onnx"], FILES["int8"]):
        assert (again.folder / one).read_bytes() == (bundle.folder / one).read_bytes(), one


def test_an_export_that_is_refused_leaves_nothing(made, tmp_path, monkeypatch):
    def worse(*_):
        raise ExportRefusedError("the form int8 loses too much")

    monkeypatch.setattr(export_forms, "need_as_good", worse)
    with pytest.raises(ExportRefusedError):
        export(made.folder, tmp_path / "bundle", Forms())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_not_touched(made, bundle, tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(ConfigError, match="there already"):
        export(made.folder, tmp_path / "mine", Forms())


@pytest.mark.parametrize(
    ("task", "condition", "said"),
    [("topics", "graph_teacher", "did you mean 'topic'"), (None, "oracle", r"no student of the condition 'oracle'")],
)
def test_a_student_that_is_not_there_is_told(made, tmp_path, task, condition, said):
    with pytest.raises((ConfigError, MissingResourceError), match=said):
        export(made.folder, tmp_path / "bundle", Forms(), task, condition)


def test_other_students_can_be_exported_without_graphs(made, tmp_path):
    bundle = export(made.folder, tmp_path / "bundle", Forms(onnx=False, int8=None), condition="no_distillation")
    assert bundle.form() == "torch"
    assert not (bundle.folder / "onnx").exists()
    assert np.isfinite(Predictor(bundle).logits(["ball"])).all()
    assert "labels alone" in (bundle.folder / "README.md").read_text("utf-8")


def test_the_command_shows_the_forms_and_refuses_without_a_trace(made, tmp_path):
    def cdkd(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "cdkd_kg", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=dict(os.environ),
        )

    target = tmp_path / "bundle"
    done = cdkd(
        "export", str(made.folder), "-o", str(target), "--int8", "static", "--no-onnx", "--prune-vocabulary", "1"
    )
    assert done.returncode == 0, done.stderr
    assert "model_int8.onnx" in done.stdout
    assert sorted(path.name for path in (target / "onnx").iterdir()) == ["model_int8.onnx"]
    again = cdkd("export", str(made.folder), "-o", str(target))
    assert (again.returncode, "there already" in again.stderr, "Traceback" in again.stderr) == (2, True, False)
    nothing = cdkd("export", str(tmp_path), "-o", str(tmp_path / "other"))
    assert (nothing.returncode, "no finished run" in nothing.stderr) == (2, True)
