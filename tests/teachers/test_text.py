import numpy as np
import pytest
import torch

from cdkd_kg.config import TaskConfig, TextTeacherConfig, TrainingConfig
from cdkd_kg.errors import MissingResourceError, TrainingError
from cdkd_kg.teachers.models import load_classifier, load_tokenizer, predict
from cdkd_kg.teachers.text import refuse_worse_than_chance, train_text_teacher
from tests.models import tiny_bert

TEXTS = ["ball goal team", "bank rate stock"] * 12
TARGETS = np.eye(2, dtype=np.float32)[[0, 1] * 12]
TASK = TaskConfig(labels=("sport", "business"))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split())


def _train(model, seed=0, task=TASK):
    training = TrainingConfig(num_train_epochs=6, learning_rate=5e-3, per_device_train_batch_size=8, logging_steps=3)
    return train_text_teacher(TEXTS, TARGETS, task, TextTeacherConfig(model=str(model), training=training), seed)


def test_it_learns_and_the_same_seed_gives_the_same_teacher(model):
    one, two = _train(model), _train(model)
    said = [predict(teacher.model, teacher.tokenizer, TEXTS, 16, 4)[0] for teacher in (one, two)]
    assert (said[0].argmax(1) == TARGETS.argmax(1)).all()
    assert np.array_equal(*said)
    assert one.curve[-1]["loss"] < one.curve[0]["loss"]


@pytest.mark.parametrize("rows", [24, 21])
def test_accumulated_small_batches_are_one_large_batch(model, rows):
    options = {"num_train_epochs": 1, "optim": "sgd", "learning_rate": 0.1, "max_grad_norm": 0}
    said = []
    for size, steps in ((8, 1), (4, 2)):
        training = TrainingConfig(per_device_train_batch_size=size, gradient_accumulation_steps=steps, **options)
        config = TextTeacherConfig(model=str(model), training=training)
        teacher = train_text_teacher(TEXTS[:rows], TARGETS[:rows], TASK, config, 0)
        said.append(predict(teacher.model, teacher.tokenizer, TEXTS, 16, 4)[0])
    assert np.allclose(*said, atol=1e-6)


def test_predictions_keep_the_order_of_the_texts_whatever_the_batches(model):
    classifier, tokenizer = load_classifier(model, ("a", "b"), False), load_tokenizer(model)
    texts = ["ball", "bank rate stock goal", "goal team"]
    together, alone = predict(classifier, tokenizer, texts, 16, 2)[1], predict(classifier, tokenizer, texts, 16, 1)[1]
    assert np.allclose(together, alone, atol=1e-5)


def test_labels_in_another_order_are_matched_by_name(model, tmp_path):
    teacher = _train(model)
    teacher.save(tmp_path)
    turned = load_classifier(tmp_path, ("business", "sport"), False)
    said = predict(turned, teacher.tokenizer, TEXTS, 16, 4)[0]
    assert np.allclose(said[:, ::-1], predict(teacher.model, teacher.tokenizer, TEXTS, 16, 4)[0], atol=1e-6)
    assert turned.config.label2id == {"business": 0, "sport": 1}


def test_a_head_trained_for_other_labels_is_drawn_anew(model, tmp_path):
    teacher = _train(model)
    teacher.save(tmp_path)
    other = load_classifier(tmp_path, ("cats", "dogs"), False)
    assert not np.allclose(other.classifier.weight.detach(), teacher.model.classifier.weight.detach(), atol=1e-3)
    assert other.classifier.bias.abs().sum() == 0


def test_a_pickle_is_not_loaded(model, tmp_path):
    torch.save({}, tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_text((model / "config.json").read_text())
    with pytest.raises(MissingResourceError, match="cannot be loaded"):
        load_classifier(tmp_path, ("a", "b"), False)


def test_a_model_that_is_not_there_is_told(tmp_path):
    with pytest.raises(MissingResourceError, match="no/such-model"):
        load_classifier("no/such-model", ("a", "b"), False)


def test_a_teacher_worse_than_chance_is_refused():
    wrong = 1 - TARGETS
    with pytest.raises(TrainingError, match="worse than chance"):
        refuse_worse_than_chance(wrong, TARGETS, False, "topic/seed0")
    assert refuse_worse_than_chance(TARGETS, TARGETS, False, "topic/seed0") == 1.0
    assert refuse_worse_than_chance(TARGETS[:0], TARGETS[:0], False, "topic/seed0") is None


@pytest.mark.parametrize(("rows", "refused"), [(2, False), (4, False), (6, True)])
def test_a_few_wrong_answers_are_bad_luck(rows, refused):
    wrong, truth = 1 - TARGETS[:rows], TARGETS[:rows]
    if refused:
        with pytest.raises(TrainingError, match="worse than chance"):
            refuse_worse_than_chance(wrong, truth, False, "topic/seed0")
    else:
        assert refuse_worse_than_chance(wrong, truth, False, "topic/seed0") == 0.0


def test_one_row_of_a_rare_class_does_not_refuse_a_teacher():
    truth = np.eye(2, dtype=np.float32)[[0] * 99 + [1]]
    said = np.eye(2, dtype=np.float32)[[0] * 60 + [1] * 39 + [0]]
    recall = refuse_worse_than_chance(said, truth, False, "topic/seed0")
    assert recall is not None
    assert recall < 0.5


def test_a_teacher_a_little_below_chance_goes_on_however_many_classes():
    truth = np.eye(4, dtype=np.float32)[[0, 1, 2, 3] * 5]
    said = np.eye(4, dtype=np.float32)[[0, 2, 3, 0] * 4 + [1, 2, 3, 0]]
    assert refuse_worse_than_chance(said, truth, False, "topic/seed0") == pytest.approx(0.2)


def test_a_multi_label_teacher_that_is_always_right_is_not_refused():
    both = np.array([[1, 1, 0], [0, 1, 1]] * 10, dtype=np.float32)
    assert refuse_worse_than_chance(both - 0.5, both, True, "tags/seed0") == 1.0
    with pytest.raises(TrainingError, match="worse than chance"):
        refuse_worse_than_chance(0.5 - both, both, True, "tags/seed0")
