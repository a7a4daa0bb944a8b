"""Decoders (GPT-style) as teachers and students, beside and across encoders."""

from string import ascii_lowercase

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

from cdkd_kg.artifacts import sha256_text
from cdkd_kg.config import (
    DistillationConfig,
    LossesConfig,
    StudentConfig,
    TaskConfig,
    TextTeacherConfig,
    TrainingConfig,
)
from cdkd_kg.distillation.distill import Beside, TrainingSet, distill
from cdkd_kg.distillation.student import new_student
from cdkd_kg.export.bundle import save_bundle
from cdkd_kg.teachers.adaptation import adapt
from cdkd_kg.teachers.models import load_classifier, load_tokenizer, predict
from cdkd_kg.teachers.pretrained import model_shape
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.text import TextTeacher, train_text_teacher
from tests.models import tiny_bert, tiny_gpt2

TASK = TaskConfig(labels=("sport", "business"))
TEXTS = [f"{text} {letter}" for text, letter in zip(["ball goal", "the bank rate"] * 12, ascii_lowercase, strict=False)]
TRUTH = np.eye(2, dtype=np.float32)[[0, 1] * 12]
IDS, HASHES = [f"d/{number:02}" for number in range(24)], [sha256_text(text) for text in TEXTS]
UNLABELLED = TrainingSet(IDS, HASHES, TEXTS, np.full((24, 2), -1, np.float32))
TRAINING = TrainingConfig(num_train_epochs=15, learning_rate=5e-3, per_device_train_batch_size=8)


@pytest.fixture(scope="module")
def gpt(tmp_path_factory):
    return tiny_gpt2(tmp_path_factory.mktemp("gpt"), " ".join(TEXTS).split(), layers=4)


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split(), layers=2, hidden=16)


def _teacher(model):
    return train_text_teacher(TEXTS, TRUTH, TASK, TextTeacherConfig(model=str(model), training=TRAINING), seed=0)


def _signal(teacher):
    logits, hidden = predict(teacher.model, teacher.tokenizer, TEXTS, 16, 8)
    return TeacherSignal.of(
        teacher="t", labels=TASK.labels, ids=IDS, text_hashes=HASHES, logits=logits, hidden=hidden, embedding=hidden
    )


@pytest.mark.parametrize(("teacher", "student"), [("gpt", "gpt"), ("gpt", "bert"), ("bert", "gpt")])
def test_a_student_learns_from_a_teacher_of_another_kind_without_a_label(request, teacher, student):
    taught_by, start = request.getfixturevalue(teacher), request.getfixturevalue(student)
    config = DistillationConfig(student=StudentConfig(teacher_layers=(0, 1)), training=TRAINING)
    found = distill(UNLABELLED, _signal(_teacher(taught_by)), TASK, start, config, seed=1)
    assert found.model.config.num_hidden_layers == 2
    said = predict(found.model, found.tokenizer, TEXTS, 16, 8)[0]
    assert (said.argmax(axis=1) == TRUTH.argmax(axis=1)).all()


def test_what_a_decoder_says_of_a_text_does_not_depend_on_its_company(gpt):
    model, tokenizer = load_classifier(gpt, TASK.labels, False), load_tokenizer(gpt)
    together = predict(model, tokenizer, TEXTS, 16, 24)
    alone = predict(model, tokenizer, TEXTS, 16, 1)
    assert all(np.allclose(one, other, atol=1e-5) for one, other in zip(together, alone, strict=True))


def test_the_saved_student_is_a_plain_folder_that_pads_by_itself(gpt, tmp_path):
    model, tokenizer = new_student(StudentConfig(teacher_layers=(3, 1)), gpt, TASK)
    save_bundle(model, tokenizer, 16, {"task": "topic"}, tmp_path)
    loaded, theirs = (
        AutoModelForSequenceClassification.from_pretrained(tmp_path),
        AutoTokenizer.from_pretrained(tmp_path),
    )
    with torch.no_grad():
        said = loaded(**theirs(TEXTS[:2], padding=True, return_tensors="pt")).logits
    assert np.allclose(said, predict(model, tokenizer, TEXTS[:2], 16, 2)[0], atol=1e-6)


def test_layers_count_themselves_anew(gpt):
    model, _ = new_student(StudentConfig(teacher_layers=(3, 1)), gpt, TASK)
    assert [layer.attn.layer_idx for layer in model.transformer.h] == [0, 1]
    assert (model.config.n_layer, model_shape(gpt).layers, model_shape(gpt).positions) == (2, 4, 128)


def test_kinds_of_layers_are_cut_with_them(tmp_path):
    from transformers import LlamaConfig, LlamaForSequenceClassification

    from cdkd_kg.distillation.student import keep_layers

    config = LlamaConfig(
        vocab_size=9, hidden_size=8, intermediate_size=8, num_hidden_layers=3, num_attention_heads=2, pad_token_id=0
    )
    config.layer_types = ["full_attention", "sliding_attention", "full_attention"]
    model = LlamaForSequenceClassification(config)
    keep_layers(model, (1,))
    model.save_pretrained(tmp_path)
    assert AutoConfig.from_pretrained(tmp_path).layer_types == ["sliding_attention"]


def test_losses_that_compare_tokens_watch_decoders_too(gpt):
    teacher = _teacher(gpt)
    losses = LossesConfig.model_validate(
        {"hard_label": 0, "attention": 1, "value_relations": {"weight": 1, "heads": 2}}
    )
    config = DistillationConfig(
        student=StudentConfig(teacher_layers=(0, 1)),
        losses=losses.model_copy(update={"attention": losses.value_relations}),
        training=TRAINING,
    )
    found = distill(UNLABELLED, _signal(teacher), TASK, gpt, config, 1, Beside(text_teacher=teacher))
    assert found.curve[-1]["loss_attention"] < found.curve[0]["loss_attention"]


def test_a_decoder_is_adapted_by_saying_the_next_word(gpt, tmp_path):
    adapt(TEXTS, TextTeacherConfig(model=str(gpt), max_length=16), 0, tmp_path)
    before, after = (load_classifier(place, TASK.labels, False).base_model.state_dict() for place in (gpt, tmp_path))
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert TextTeacher.load(tmp_path, TASK).tokenizer.pad_token


def test_the_token_for_padding_is_the_tokenizers_whatever_the_model_says(tmp_path):
    folder = tiny_gpt2(tmp_path, " ".join(TEXTS).split())
    other = AutoConfig.from_pretrained(folder)
    other.pad_token_id = 3
    other.save_pretrained(folder)
    model, tokenizer = load_classifier(folder, TASK.labels, False), load_tokenizer(folder)
    assert model.config.pad_token_id == tokenizer.pad_token_id == 0
    said = predict(model, tokenizer, ["ball", "the bank rate of"], 16, 2)[0]
    assert np.allclose(said[:1], predict(model, tokenizer, ["ball"], 16, 1)[0], atol=1e-6)
