from dataclasses import replace

import numpy as np

from cdkd_kg.teachers.probe import probe_expert
from tests.teachers.helpers import two_classes


def test_it_learns_from_few_labels_and_repeats_itself() -> None:
    task, geometry = two_classes(200, np.random.default_rng(0))
    expert = probe_expert(geometry, task)
    assert (expert.logits[40:].argmax(1) == task.targets[40:].argmax(1)).mean() > 0.9
    assert np.array_equal(expert.logits, probe_expert(geometry, task).logits)


def test_labels_outside_training_are_never_read_and_an_unseen_class_gets_little() -> None:
    task, geometry = two_classes(100, np.random.default_rng(0))
    hidden = task.targets.copy()
    hidden[task.unlabelled] = hidden[task.unlabelled][:, ::-1]
    assert np.array_equal(
        probe_expert(geometry, task).logits, probe_expert(geometry, replace(task, targets=hidden)).logits
    )
    three = np.concatenate([task.targets, np.zeros((100, 1), np.float32)], axis=1)
    assert probe_expert(geometry, replace(task, targets=three)).logits.argmax(1).max() < 2


def test_independent_labels_have_a_logit_each() -> None:
    task, geometry = two_classes(100, np.random.default_rng(0))
    both = replace(task, targets=np.repeat(task.targets[:, :1], 2, axis=1), multi_label=True)
    logits = probe_expert(geometry, both).logits
    assert np.allclose(logits[:, 0], logits[:, 1], atol=1e-4)
    assert ((logits[:, 0] > 0) == (task.targets[:, 0] > 0)).mean() > 0.9


def test_a_source_of_one_class_and_no_validation_is_learned_from_all_the_same() -> None:
    task, geometry = two_classes(60, np.random.default_rng(0))
    one = replace(task, training=task.training & (task.targets[:, 0] > 0), validation=np.zeros(60, bool))
    logits = probe_expert(geometry, one).logits
    assert np.isfinite(logits).all()
    assert (logits.argmax(1) == 0).all()
