"""The network that learns with the student: what it sees, what it teaches, and that it repeats itself."""

import numpy as np
import pytest
import torch
from torch_geometric.data import HeteroData

from cdkd_kg.config import GraphTeacherConfig, TaskConfig
from cdkd_kg.distillation.distill import Beside, distill
from cdkd_kg.distillation.joint import JointGraph, JointTrainer
from cdkd_kg.teachers.models import predict
from tests.distillation.test_distill import TASK, TEXTS, TRAINING, TRUTH, _config, _signal
from tests.models import tiny_bert

CONFIG = GraphTeacherConfig(encoders=("rgcn",), hidden=16, dropout=0.1)
MENTIONED = TRUTH.argmax(1)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split(), layers=4)


def graph(entity_of) -> JointGraph:
    """Every document mentions one of two entities."""
    data = HeteroData()
    data["document"].num_nodes, data["entity"].num_nodes = len(TEXTS), 2
    ends = np.stack([np.arange(len(TEXTS)), entity_of])
    data["document", "mentions", "entity"].edge_index = torch.from_numpy(ends)
    data["document", "mentions", "entity"].edge_weight = torch.ones(len(TEXTS))
    return JointGraph(data, [*TEXTS, "ball", "bank"], "rgcn", CONFIG)


def test_student_and_network_learn_from_the_graph_they_are_given_and_repeat_themselves(model):
    other = np.arange(len(TEXTS)) // 2 % 2
    students = [
        distill(TRAINING, _signal(), TASK, model, _config(30), 1, Beside(graph(entity_of)))
        for entity_of in (MENTIONED, MENTIONED, other)
    ]
    said = [predict(student.model, student.tokenizer, TEXTS, 16, 8)[0] for student in students]
    assert (said[0].argmax(1) == TRUTH.argmax(1)).all()
    assert np.array_equal(said[0], said[1])
    assert not np.array_equal(said[0], said[2])
    assert students[0].curve[-1]["loss_teacher"] < students[0].curve[0]["loss_teacher"]


def test_it_learns_independent_labels_too(model):
    task = TaskConfig(labels=TASK.labels, multi_label=True)
    student = distill(TRAINING, _signal(), task, model, _config(40), 1, Beside(graph(MENTIONED)))
    assert ((predict(student.model, student.tokenizer, TEXTS, 16, 8)[0] > 0) == (TRUTH > 0)).mean() > 0.9


def test_the_network_moves_the_encoder_through_the_documents_of_the_batch(model, monkeypatch):
    seen = []
    taught = JointTrainer.taught

    def watched(self, hidden, targets, teacher):
        before = self._memory.clone()
        said, loss = taught(self, hidden, targets, teacher)
        (gradient,) = torch.autograd.grad(loss, hidden, retain_graph=True)
        renewed = (self._memory != before).any(1).nonzero()[:, 0].tolist()
        seen.append((float(gradient.abs().sum()), set(renewed) <= set(teacher["row"].tolist()), said["logits"]))
        return said, loss

    monkeypatch.setattr(JointTrainer, "taught", watched)
    distill(TRAINING, _signal(), TASK, model, _config(1), 1, Beside(graph(MENTIONED)))
    assert len(seen) == 3
    for gradient, only_the_batch, logits in seen:
        assert gradient > 0
        assert only_the_batch
        assert not logits.requires_grad
