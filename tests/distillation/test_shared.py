"""Several tasks in one student."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from cdkd_kg.artifacts import sha256_text
from cdkd_kg.config import LossesConfig, TaskConfig
from cdkd_kg.distillation.course import Lesson, course_of
from cdkd_kg.distillation.distill import TrainingSet, distill
from cdkd_kg.distillation.distill_shared import distill_shared
from cdkd_kg.distillation.joint import JointGraph
from cdkd_kg.distillation.shared import SharedCollator, SharedEncoder, SharedSubjects, together
from cdkd_kg.distillation.student import new_student
from cdkd_kg.distillation.teaching import Beside
from cdkd_kg.errors import ConfigError
from cdkd_kg.export.bundle import save_bundle
from cdkd_kg.teachers.layers import layer_depths
from cdkd_kg.teachers.models import predict
from cdkd_kg.teachers.signals import TeacherSignal
from tests.distillation.test_distill import TASK, TEXTS, TRAINING, TRUTH, _config, _signal
from tests.models import tiny_bert

TAGS = TaskConfig(labels=("team", "money", "fee"), multi_label=True)
TAGGED = [f"{text} {number}" for number, text in enumerate(["goal team", "bank fee", "loan team"] * 4)]
SET = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]] * 4, dtype=np.float32)
IDS = [f"t/{number:02}" for number in range(12)]
HASHES = [sha256_text(text) for text in TAGGED]
UNLABELLED = TrainingSet(IDS, HASHES, TAGGED, np.full((12, 3), -1, np.float32), ["tags"] * 12)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join([*TEXTS, *TAGGED]).split(), layers=4)


def _lessons(hidden=32):
    states = np.random.default_rng(1).normal(size=(12, hidden))
    tags = TeacherSignal.of(
        teacher="u" * 64, labels=TAGS.labels, ids=IDS, text_hashes=HASHES, logits=8 * SET - 4,
        hidden=states, embedding=states,
    )  # fmt: skip
    topic = replace(TRAINING, domains=["topic"] * len(TEXTS))
    return {"topic": Lesson(topic, _signal(hidden=hidden), TASK), "tags": Lesson(UNLABELLED, tags, TAGS)}


def _said(student, texts):
    return predict(student.model, student.tokenizer, texts, 16, 8)[0]


def test_one_encoder_learns_two_tasks_of_different_kinds_and_each_is_saved_by_itself(model, tmp_path):
    students = distill_shared(_lessons(), model, _config(30), seed=1)
    assert (_said(students["topic"], TEXTS).argmax(1) == TRUTH.argmax(1)).all()
    assert ((_said(students["tags"], TAGGED) > 0) == (SET > 0)).all()
    encoders = [student.model.base_model for student in students.values()]
    assert encoders[0] is encoders[1]
    for name, texts in (("topic", TEXTS), ("tags", TAGGED)):
        save_bundle(students[name].model, students[name].tokenizer, 16, {}, tmp_path / name)
        alone = AutoModelForSequenceClassification.from_pretrained(tmp_path / name)
        inputs = AutoTokenizer.from_pretrained(tmp_path / name)(texts[:1], return_tensors="pt")
        assert np.allclose(alone(**inputs).logits.detach().numpy(), _said(students[name], texts[:1]), atol=1e-6)
        assert {"topic": TASK, "tags": TAGS}[name].labels == tuple(alone.config.id2label.values())


def test_it_goes_on_from_a_checkpoint_bit_for_bit(model, tmp_path, monkeypatch):
    config = _config(4)
    config = config.model_copy(update={"training": config.training.model_copy(update={"save_steps": 4})})
    whole = distill_shared(_lessons(hidden=7), model, config, seed=1)
    learn, left = SharedSubjects.learn, iter(range(6))

    def stopped(*arguments):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return learn(*arguments)

    monkeypatch.setattr(SharedSubjects, "learn", stopped)
    with pytest.raises(KeyboardInterrupt):
        distill_shared(_lessons(hidden=7), model, config, 1, tmp_path)
    monkeypatch.undo()
    assert [folder.name for folder in tmp_path.glob("checkpoint-*")] == ["checkpoint-4"]
    resumed = distill_shared(_lessons(hidden=7), model, config, 1, tmp_path)
    for task in whole:
        mine, theirs = (student[task].model.state_dict() for student in (whole, resumed))
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_a_single_lesson_is_what_distill_makes_of_it(model):
    lesson = _lessons()["topic"]
    shared = distill_shared({"topic": lesson}, model, _config(2), seed=3)["topic"]
    alone = distill(lesson.training_set, lesson.signal, TASK, model, _config(2), seed=3)
    for one, other in zip(shared.model.parameters(), alone.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_without_teachers_every_task_learns_from_its_labels(model):
    tags = replace(UNLABELLED, targets=SET)
    lessons = {"topic": Lesson(TRAINING, None, TASK), "tags": Lesson(tags, None, TAGS)}
    students = distill_shared(lessons, model, _config(30), seed=1)
    assert ((_said(students["tags"], TAGGED) > 0) == (SET > 0)).all()
    assert students["topic"].losses == {"hard_label.v1": 1.0}


def test_the_loss_is_that_of_the_tasks_by_their_share_of_the_batch(model):
    lessons, config = _lessons(), _config()
    started = {task: new_student(config.student, model, lesson.task) for task, lesson in lessons.items()}
    courses = {task: course_of(lesson, *started[task], config) for task, lesson in lessons.items()}
    rows = together({task: course.rows for task, course in courses.items()})
    assert rows["task"][:] == ["topic"] * 24 + ["tags"] * 12
    collate = SharedCollator({task: course.collator for task, course in courses.items()})
    batch = collate([rows[0], rows[30], rows[1], rows[2]])
    assert {task: len(part["input_ids"]) for task, part in batch.items()} == {"topic": 3, "tags": 1}
    assert list(collate([rows[0]])) == ["topic"]

    def one(task, some, taught):
        return courses[task].subject.learn(started[task][0].eval(), batch[task], None, taught).loss

    def told(_, __, teacher):
        return teacher, None

    found = SharedSubjects({task: course.subject for task, course in courses.items()})
    whole = found.learn(lambda task, **inputs: started[task][0](**inputs), batch, None, told)
    expected = 0.75 * one("topic", batch, told) + 0.25 * one("tags", batch, told)
    assert torch.allclose(whole.loss, expected)
    assert {"topic/hard_label", "tags/logits"} <= set(whole.parts)


def test_lower_layers_may_learn_slower_and_all_heads_at_the_full_rate(model):
    started = {task: new_student(_config().student, model, one.task)[0] for task, one in _lessons().items()}
    depths, layers = layer_depths(SharedEncoder(started))
    assert layers == 2
    heads = {name: depth for name, depth in depths.items() if "classifier" in name}
    assert heads == {f"tasks.task_{task}.classifier.{part}": 2 for task in started for part in ("weight", "bias")}
    assert {depth for name, depth in depths.items() if ".layer.0." in name} == {1}


def test_domains_are_evened_out_over_tasks(model):
    config = _config(2).model_copy(update={"domain_exponent": 0.0, "losses": LossesConfig(document_relations=0)})
    assert distill_shared(_lessons(), model, config, seed=1)["tags"].curve


def test_what_cannot_share_is_refused(model):
    with pytest.raises(ConfigError, match="needs lessons"):
        distill_shared({}, model, _config(), 1)
    lesson = _lessons()["topic"]._replace(beside=Beside(graph=JointGraph(None, [], "rgcn", None)))
    with pytest.raises(ConfigError, match="for one task alone"):
        distill_shared({"topic": lesson}, model, _config(), 1)


def test_a_task_may_be_called_as_modules_call_their_own(model):
    lessons = dict(zip(("type", "own_rows"), _lessons().values(), strict=True))
    assert list(distill_shared(lessons, model, _config(1), seed=1)) == ["type", "own_rows"]


def test_lessons_with_and_without_a_signal_do_not_go_together(model):
    lessons = _lessons()
    lessons["tags"] = lessons["tags"]._replace(signal=None)
    with pytest.raises(ConfigError, match="some have none"):
        distill_shared(lessons, model, _config(1), seed=1)
