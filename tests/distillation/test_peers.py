"""The peers' methods of benchmarks/peers.py, and what its table says."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn.functional import elu, leaky_relu

from benchmarks.peers_adversarial import adapted_student, batches
from benchmarks.peers_domain_graph import DomainGraph, domain_graph_student
from benchmarks.peers_prototype import prototype_student, weights
from benchmarks.peers_table import ADVERSARIAL, HARD, OURS, WAYS, peers_table, protocols
from benchmarks.peers_task import Task
from cdkd_kg.artifacts import sha256_text
from cdkd_kg.config import DistillationConfig, StudentConfig, TaskConfig, TrainingConfig
from cdkd_kg.distillation.distill import TrainingSet
from cdkd_kg.teachers.models import load_classifier, load_tokenizer
from cdkd_kg.teachers.text import TextTeacher
from tests.models import tiny_bert

SPACE = TaskConfig(labels=("negative", "positive"))
TEXTS = [f"{word} {kind}" for kind in ("book", "film") for word in ("good", "bad", "great", "poor", "fine", "dull")]


@pytest.fixture
def task(tmp_path):
    model = tiny_bert(tmp_path / "model", " ".join(TEXTS).split(), layers=4)
    source = TextTeacher(load_classifier(model, SPACE.labels, False), load_tokenizer(model), [])
    source.save(tmp_path / "source")
    teacher = TextTeacher.load(tmp_path / "source", SPACE)
    teacher.model.classifier.weight.data *= 100  # or it would be refused for saying the same of every text
    targets = np.eye(2, dtype=np.float32)[[1, 0] * 6]
    targets[6:] = -1
    ids = [f"{place:02}" for place in range(12)]
    texts = TrainingSet(ids, [sha256_text(text) for text in TEXTS], TEXTS, targets, ["book"] * 6 + ["film"] * 6)
    training = TrainingConfig(num_train_epochs=2, per_device_train_batch_size=4, report_to=())
    settings = DistillationConfig(student=StudentConfig(teacher_layers=(0, 3), max_length=8), training=training)
    config = SimpleNamespace(
        distillation=settings, teachers=SimpleNamespace(text=SimpleNamespace(model=str(model), max_length=8))
    )
    generator = np.random.default_rng(0)
    logits, hidden = (generator.normal(size=(12, width)).astype(np.float32) for width in (2, 32))
    return Task(texts, SPACE, teacher, logits, hidden, tmp_path / "source", config, seed=1)


def _weights(model):
    return torch.cat([value.flatten() for value in model.state_dict().values()])


def test_texts_near_to_both_domains_and_understood_by_the_teacher_count_most(task):
    hidden, logits = np.zeros((12, 2), dtype=np.float32), 9 * task.texts.targets.clip(0)
    hidden[:6], hidden[6:] = (1, 0), (0, 1)
    hidden[[0, 6]] = 1
    logits[1] = (0, 9)  # wrong of a label that is known
    found = weights(Task(**vars(task) | {"hidden": hidden, "logits": logits}))
    typical = {"of both": (0.81373 + 0.81373) / 2, "of one": (0.98639 + 0.16440) / 2}
    assert found[0] == pytest.approx((1 + typical["of both"]) / 2, abs=1e-3)  # and the teacher is right
    assert found[2] == found[4] == pytest.approx((1 + typical["of one"]) / 2, abs=1e-3)
    assert found[1] == pytest.approx((1 + typical["of one"]) / (np.e + 1), abs=1e-3)
    undecided = 2 * 0.5 * 0.5**2
    assert found[6] == pytest.approx((1 + typical["of both"]) / (np.exp(undecided) + 1), abs=1e-3)


def test_weights_of_domains_are_those_of_dense_attention_and_only_the_student_is_drawn_by_them():
    torch.manual_seed(0)
    graph = DomainGraph(8, 2, 3).requires_grad_(False).eval()
    prototypes = torch.randn(2, 3, 8, requires_grad=True)
    found = graph(prototypes)
    first, second = prototypes.detach()
    reference = torch.softmax(second @ graph.compare[1] @ second.T, 1) @ second
    looked_back = []
    for domain in range(3):
        so_far = torch.stack([first[domain], second[domain]])
        shares = torch.softmax(so_far @ graph.aggregate[1, domain] @ reference[domain], 0)
        looked_back.append(shares @ so_far)
    for layer, mine in enumerate((first, torch.stack(looked_back))):
        inner = elu(_dense(graph.inner[layer], mine))
        expected = torch.softmax(elu(_dense(graph.outer[layer], inner))[:, 0], 0)
        assert torch.allclose(found[layer], expected, atol=1e-6)
    found[:, 0].sum().backward()
    assert prototypes.grad.abs().sum() > 0


def _dense(layer, features):
    """Graph attention in which every domain attends to every domain, itself included."""
    projected = layer.lin(features).view(len(features), layer.heads, -1)
    ours, theirs = ((projected * vector).sum(-1) for vector in (layer.att_dst, layer.att_src))
    shares = torch.softmax(leaky_relu(ours[:, None] + theirs[None], 0.2), 1)
    return torch.einsum("ijh,jho->iho", shares, projected).flatten(1)


def test_a_domain_s_weight_is_spread_over_its_texts():
    graph = DomainGraph(8, 2, 2).eval()
    states = [torch.randn(3, 8), torch.randn(3, 8)]
    found = graph.by_text(states, torch.tensor([0, 1, 1]), torch.ones(3))
    prototypes = torch.stack([torch.stack([one[0], one[1:].mean(0)]) for one in states])
    assert torch.allclose(found[:, 0], graph(prototypes)[:, 0])
    assert torch.allclose(found[:, 1:].sum(1), graph(prototypes)[:, 1])


@pytest.mark.parametrize("way", [prototype_student, domain_graph_student, adapted_student])
def test_a_way_trains_the_same_student_of_a_seed_and_another_of_another(task, way):
    one, again = _weights(way(task)), _weights(way(task))
    assert torch.equal(one, again)
    assert not torch.equal(one, _weights(way(Task(**vars(task) | {"seed": 2}))))


def test_an_adapted_student_keeps_the_classifier_and_reads_source_and_target_in_pairs(task):
    source = load_classifier(task.source_student, SPACE.labels, False)
    adapted = adapted_student(task)
    assert torch.equal(adapted.classifier.weight, source.classifier.weight)
    assert not torch.equal(adapted.bert.pooler.dense.weight, source.bert.pooler.dense.weight)
    read = list(batches(task, load_tokenizer(task.source_student)))
    assert [tuple(len(one["input_ids"]) for one in pair) for pair in read] == [(4, 4), (2, 2)] * 3


def test_the_table_has_a_mean_over_places_with_what_ours_is_ahead_by():
    def answers(case, seed, tests):
        right = {way: "1100" for way in WAYS if way != ADVERSARIAL or case != "supervised"} | {OURS: "1110"}
        return {"case": case, "seed": seed, "git": "abcdef0", "seconds": {OURS: 2.0},
                "places": [{"domain": "books", "documents": 4, "tests": tests, "right": right}]}  # fmt: skip

    found = [answers(case, seed, case) for case in ("supervised", "a_to_b", "b_to_a") for seed in (0, 1)]
    results = protocols(found)
    assert results["seeds"] == [0, 1]
    pairs = results["protocols"]["pairs"]
    assert (pairs["domains"], pairs["ways"][OURS]["mean"], pairs["ways"][HARD]["mean"]) == (2, 0.75, 0.5)
    assert pairs["ours against"][HARD]["difference"] == 0.25
    rows = peers_table(results).splitlines()
    adapted = next(row for row in rows if row.startswith(f"| {ADVERSARIAL}"))
    assert "| \N{EN DASH} | 50.0 % (" in adapted
    assert "[+25.0, " in adapted
    assert rows[-1] == "First, where ours is to be: supervised: ours; pairs: ours."


def test_a_way_that_is_ahead_of_ours_is_told():
    places = [{"domain": "books", "documents": 2, "tests": "t", "right": {HARD: "11", OURS: "10"}}]
    found = [
        {"case": case, "seed": 0, "git": "a", "seconds": {}, "places": places} for case in ("supervised", "a_to_b")
    ]
    last = peers_table(protocols(found)).splitlines()[-1]
    assert last == "First, where ours is to be: supervised: hard labels, **not met**; pairs: hard labels, **not met**."
