"""What benchmarks/distillation.py measures, and what its table says of it."""

import json
from io import StringIO

import pytest
import torch

from benchmarks import distillation_ours as ours
from benchmarks.distillation import SETTINGS, bound
from benchmarks.distillation_table import distillation_table, judged
from benchmarks.distillation_turns import TASK, Turns
from cdkd_kg.artifacts import write_json
from cdkd_kg.config import StudentConfig, TaskConfig
from cdkd_kg.distillation.student import new_student
from cdkd_kg.distillation.trainer import DistillationTrainer
from cdkd_kg.teachers.models import load_classifier, load_tokenizer
from cdkd_kg.teachers.text import TextTeacher
from tests.models import tiny_bert

TEXTS = [f"{text} {word}" for word in ("kick", "pitch", "fee", "loan") for text in ("ball goal team", "bank rate")]
LABELS = ("business", "sport")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("task")
    task = SETTINGS | {"texts": TEXTS, "labels": LABELS, "targets": [1, 0] * 4, "epochs": 3, "batch": 4}
    write_json(folder / TASK, task)
    model = tiny_bert(folder / "model", " ".join(TEXTS).split(), layers=4)
    teacher = TextTeacher(load_classifier(model, LABELS, False), load_tokenizer(model), [])
    teacher.model.classifier.weight.data *= 100  # or it would be refused for saying the same of every text
    teacher.save(folder / "teacher")
    student, tokenizer = new_student(StudentConfig(teacher_layers=(0, 3)), model, TaskConfig(labels=LABELS))
    TextTeacher(student, tokenizer, []).save(folder / "student")
    (folder / "signal-teacher").mkdir()
    ours.signal_of(teacher, "teacher", task).save(folder / "signal-teacher")
    return folder


class Taken(Turns):
    """Every turn is there at once, and is counted."""

    def __init__(self):
        self.answers = []

    def begin(self):
        self.answers.append({})

    def end(self, **more):
        self.answers[-1] = more


def _weights(student):
    return torch.cat([value.flatten() for value in student.model.state_dict().values()])


def test_in_turns_it_trains_the_very_student_that_distill_trains_and_reads_the_cache(folder, monkeypatch):
    plain = ours.train(folder, "teacher", ours.CACHED)
    turns = Taken()
    monkeypatch.setattr(ours.distillation, "DistillationTrainer", ours.paced(DistillationTrainer, turns))
    assert torch.equal(_weights(ours.train(folder, "teacher", ours.CACHED)), _weights(plain))
    assert [answer["reading"] > 0 for answer in turns.answers] == [True] * 3
    hard = ours.train(folder, "teacher", ours.HARD_LABELS)
    assert [answer["reading"] for answer in turns.answers[3:]] == [0] * 3
    assert not torch.equal(_weights(hard), _weights(plain))


def test_a_teacher_online_says_what_its_cache_says(folder, monkeypatch):
    cached = ours.train(folder, "teacher", ours.CACHED)
    turns = Taken()
    monkeypatch.setattr(ours.distillation, "DistillationTrainer", ours.paced(ours.Online, turns))
    online = ours.train(folder, "teacher", ours.ONLINE)
    assert [answer["reading"] for answer in turns.answers] == [0] * 3
    assert online.losses == cached.losses
    for one, other in zip(online.curve, cached.curve, strict=True):
        assert one == pytest.approx(other, abs=1e-3)  # the cache is in half precision
    assert torch.allclose(_weights(online), _weights(cached), atol=1e-3)


def test_a_turn_is_answered_with_its_seconds_and_without_one_the_process_ends(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", StringIO("\n"))
    turns = Turns()
    turns.begin()
    turns.end(reading=0.5)
    answer = json.loads(capsys.readouterr().out)
    assert answer.pop("reading") == 0.5
    assert set(answer) == {"seconds", "processor", "mib"}
    assert answer["mib"] > 1
    with pytest.raises(SystemExit):
        turns.begin()


def test_a_teacher_of_the_students_size_adds_a_third_to_its_operations(folder):
    student = load_classifier(folder / "student", LABELS, False)
    assert bound(student, student, load_tokenizer(folder / "student"), TEXTS) == pytest.approx(4 / 3, abs=0.01)
    assert all(parameter.grad is None for parameter in student.parameters())


def _results(**seconds):
    names = {
        "cached": "ours, cached teacher", "online": "ours, teacher online", "hard": "ours, hard labels alone",
        "slow": "TextBrewer as in its notebook", "fast": "TextBrewer", "torchdistill": "torchdistill",
        "sentences": "sentence-transformers", "large": "ours, cached BERT-base teacher",
        "large_online": "ours, BERT-base teacher online",
    }  # fmt: skip
    epochs = {
        names[key]: [{"seconds": each, "mib": 100.0 + each, "reading": 0.01} for each in several]
        for key, several in seconds.items()
    }
    ways = [{"name": name, "batches": "any", "epochs": several} for name, several in epochs.items()]
    settings = SETTINGS | {
        "texts": 100, "rounds": 3, "threads": 2, "source": "topics",
        "bounds": {"teacher": 1.67, "bert-base": 6.33}, "signal_seconds": {"teacher": 1.0, "bert-base": 2.0},
    }  # fmt: skip
    return {"settings": settings, "ways": ways}


def test_goals_are_judged_by_the_fastest_of_a_peer_and_by_medians_of_ratios():
    results = _results(
        cached=[1, 2, 4], online=[1.6, 3.2, 90], hard=[1, 1.95, 4], slow=[3, 6, 12], fast=[1.4, 2.8, 5.6],
        torchdistill=[1.5, 3, 6], sentences=[0.9, 1.8, 3.6], large=[1, 2, 4], large_online=[6, 12, 24],
    )  # fmt: skip
    goals = list(judged(results))
    assert [(goal.found, goal.met) for goal in goals] == [
        ("1.60 x", False), ("6.00 x", True), ("1.40 x", False), ("1.50 x", True), ("0.90 x", False), ("1.00 x", True),
        ("1.00 x", True), ("0.50 %", True),
    ]  # fmt: skip
    assert "1.67" in goals[0].what
    assert goals[2].what.endswith("beside TextBrewer")
    table = distillation_table(results)
    assert "| TextBrewer as in its notebook | any | 6.0 (3.0 to 12.0) | 16.7 | 0.33 x | 112 |" in table
    assert table.count("**not met**") == 3
    assert "| ours, cached teacher | any | 2.0 (1.0 to 4.0) |" in table
    assert sum(line.startswith("| ") for line in table.splitlines()) == 9 + 8 + 4


def test_of_several_processes_of_a_way_the_median_of_each_round_counts():
    results = _results(
        cached=[1, 1.1, 9, 2, 2.2, 2.1, 4, 4.4, 1], hard=[1, 2, 4], online=[2, 4, 8], slow=[3, 6, 12], fast=[3, 6, 12],
        torchdistill=[3, 6, 12], sentences=[3, 6, 12], large=[1, 2, 4], large_online=[6, 12, 24],
    )  # fmt: skip
    beside_hard = next(goal for goal in judged(results) if "hard labels" in goal.what and "time" in goal.what)
    assert (beside_hard.found, beside_hard.met) == ("1.05 x", True)
