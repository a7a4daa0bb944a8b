from dataclasses import replace
from string import ascii_lowercase

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

from cdkd_kg.artifacts import sha256_text
from cdkd_kg.config import DistillationConfig, LossesConfig, StudentConfig, TaskConfig, TrainingConfig
from cdkd_kg.distillation.batches import DistillationCollator, student_rows
from cdkd_kg.distillation.distill import Beside, TrainingSet, distill, optimisation_steps
from cdkd_kg.distillation.losses.combine import Sizes, make_losses
from cdkd_kg.distillation.student import keep_layers, new_student
from cdkd_kg.distillation.subject import Subject
from cdkd_kg.distillation.trainer import DistillationTrainer
from cdkd_kg.errors import ConfigError, StaleSignalError
from cdkd_kg.export.bundle import save_bundle
from cdkd_kg.teachers.models import load_classifier, load_tokenizer, predict
from cdkd_kg.teachers.signals import TeacherSignal
from cdkd_kg.teachers.text import TextTeacher
from cdkd_kg.teachers.training import training_arguments
from tests.models import tiny_bert

TASK = TaskConfig(labels=("sport", "business"))
SOURCE, TARGET = ["ball goal team", "bank rate stock"] * 4, ["kick ball pitch", "loan bank fee"] * 8
TEXTS = [f"{text} {letter}" for text, letter in zip(SOURCE + TARGET, ascii_lowercase, strict=False)]
TRUTH = np.eye(2, dtype=np.float32)[[0, 1] * 12]
IDS = [f"d/{index:02}" for index in range(24)]
HASHES = [sha256_text(text) for text in TEXTS]
TRAINING = TrainingSet(IDS, HASHES, TEXTS, np.where(np.arange(24)[:, None] < 8, TRUTH, -1))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split(), layers=4)


def _signal(labels=TASK.labels, hashes=HASHES, hidden=32):
    random = np.random.default_rng(0)
    return TeacherSignal.of(
        teacher="t" * 64, labels=labels, ids=IDS, text_hashes=hashes, logits=8 * TRUTH - 4,
        hidden=random.normal(size=(24, hidden)), embedding=TRUTH,
    )  # fmt: skip


def _config(epochs=8, **student):
    options = {"learning_rate": 5e-3, "per_device_train_batch_size": 8, "logging_steps": 2}
    training = TrainingConfig(num_train_epochs=epochs, **options)
    return DistillationConfig(student=StudentConfig(**student or {"teacher_layers": (0, 3)}), training=training)


def test_the_student_learns_unlabelled_texts_from_the_teacher_and_repeats_itself(model):
    one, two = (distill(TRAINING, _signal(), TASK, model, _config(), seed=1) for _ in range(2))
    said = [predict(student.model, student.tokenizer, TEXTS, 16, 8)[0] for student in (one, two)]
    assert (said[0].argmax(1) == TRUTH.argmax(1)).all()
    assert np.array_equal(*said)
    assert one.curve[-1]["loss"] < one.curve[0]["loss"]


def test_without_a_teacher_it_sees_labelled_texts_alone_for_as_many_steps(model):
    seven = replace(TRAINING, targets=np.where(np.arange(len(TEXTS))[:, None] < 7, TRUTH, -1).astype(np.float32))
    assert len(seven.labelled().ids) == 7
    taught, alone = (distill(seven, signal, TASK, model, _config(), 1) for signal in (_signal(), None))
    steps = 8 * len(TEXTS) // 8
    assert taught.curve[-1]["step"] == alone.curve[-1]["step"] == steps


@pytest.mark.parametrize("accumulation", [1, 2, 3])
def test_steps_are_counted_as_the_trainer_counts_them(model, tmp_path, accumulation):
    options = {"per_device_train_batch_size": 5, "gradient_accumulation_steps": accumulation}
    config = TrainingConfig(num_train_epochs=1.5, **options)
    classifier, rows = load_classifier(model, TASK.labels, False), student_rows(load_tokenizer(model), TEXTS, TRUTH, 16)
    trainer = Trainer(model=classifier, args=training_arguments(config, 0, tmp_path), train_dataset=rows)
    *_, counted = trainer.set_initial_training_values(trainer.args, trainer.get_train_dataloader())
    assert optimisation_steps(len(TEXTS), config) == counted


def test_a_student_of_another_width_and_a_multi_label_task_train_too(model, tmp_path):
    narrow = tiny_bert(tmp_path, " ".join(TEXTS).split(), layers=1, hidden=16)
    task = TaskConfig(labels=TASK.labels, multi_label=True)
    student = distill(TRAINING, _signal(), task, model, _config(40, model=str(narrow)), 1)
    said = predict(student.model, student.tokenizer, TEXTS, 16, 8)[0]
    assert ((said > 0) == (TRUTH > 0)).all()


def test_wrong_labels_and_stale_texts_are_refused(model):
    with pytest.raises(ConfigError, match="different labels"):
        distill(TRAINING, _signal(labels=("business", "sport")), TASK, model, _config(), 1)
    with pytest.raises(StaleSignalError, match="changed"):
        distill(TRAINING, _signal(hashes=["x", *HASHES[1:]]), TASK, model, _config(), 1)


def test_layers_are_the_teachers_and_in_order(model):
    teacher = load_classifier(model, TASK.labels, False)
    student, _ = new_student(StudentConfig(teacher_layers=(3, 1)), model, TASK)
    assert student.config.num_hidden_layers == 2
    for mine, theirs in ((0, 3), (1, 1)):
        pair = zip(
            student.bert.encoder.layer[mine].parameters(), teacher.bert.encoder.layer[theirs].parameters(), strict=True
        )
        assert all(torch.equal(one, two) for one, two in pair)
    with pytest.raises(ConfigError, match=r"no layer \[9\]"):
        keep_layers(teacher, (0, 9))


def test_the_bundle_is_a_plain_hugging_face_folder(model, tmp_path):
    student = distill(TRAINING, _signal(hidden=7), TASK, model, _config(), 1)
    save_bundle(student.model, student.tokenizer, 16, {"task": "topic"}, tmp_path)
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    said = predict(loaded, load_tokenizer(tmp_path), TEXTS, 16, 8)[0]
    assert np.array_equal(said, predict(student.model, student.tokenizer, TEXTS, 16, 8)[0])
    assert loaded.config.id2label == {0: "sport", 1: "business"}
    assert (tmp_path / "cdkd.json").is_file()


def _steps(model, folder, size, accumulation):
    torch.manual_seed(0)
    student, tokenizer = new_student(StudentConfig(teacher_layers=(0,)), model, TASK)
    signal = _signal()
    targets = np.where(np.arange(24)[:, None] % 3 == 0, TRUTH, -1).astype(np.float32)
    arguments = TrainingArguments(
        output_dir=str(folder), per_device_train_batch_size=size, gradient_accumulation_steps=accumulation, max_steps=3,
        learning_rate=1e-2, lr_scheduler_type="constant", report_to="none",
        remove_unused_columns=False, save_strategy="no", optim="sgd", disable_tqdm=True, max_grad_norm=0,
    )  # fmt: skip
    losses = make_losses(LossesConfig(document_relations=0), Sizes(32, 32, 2))
    DistillationTrainer(
        subject=Subject(student, losses), model=student, args=arguments,
        train_dataset=student_rows(tokenizer, TEXTS, targets, 16, range(24)),
        data_collator=DistillationCollator(tokenizer, signal),
    ).train()  # fmt: skip
    return torch.cat([value.flatten() for value in student.state_dict().values()])


def test_accumulated_small_batches_are_one_large_batch(model, tmp_path):
    assert torch.allclose(_steps(model, tmp_path, 8, 1), _steps(model, tmp_path, 2, 4), atol=1e-6)


def test_gradients_of_projections_do_not_outlive_a_step(model, tmp_path):
    signal = _signal(hidden=7)
    student, tokenizer = new_student(StudentConfig(teacher_layers=(0,)), model, TASK)
    losses = make_losses(LossesConfig(), Sizes(student.config.hidden_size, 7, 2))
    places = signal.rows(TRAINING.ids, TRAINING.text_hashes).tolist()
    trainer = DistillationTrainer(
        subject=Subject(student, losses),
        model=student,
        args=training_arguments(TrainingConfig(num_train_epochs=1), 0, tmp_path),
        train_dataset=student_rows(tokenizer, TEXTS, TRAINING.targets, 16, places),
        data_collator=DistillationCollator(tokenizer, signal),
    )
    trainer.train()
    parameters = list(losses.parameters())
    assert parameters
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in parameters)


def _tokenwise(student=None, **weights):
    config = _config(**{} if student is None else {"model": str(student)})
    only = dict.fromkeys(LossesConfig.model_fields.keys() - {"temperature"}, 0) | weights
    return config.model_copy(update={"losses": LossesConfig.model_validate(only)})


def _text_teacher(folder):
    return TextTeacher(load_classifier(folder, TASK.labels, False), load_tokenizer(folder), [])


def test_losses_that_compare_tokens_bring_the_student_nearer_to_the_text_teacher(model, tmp_path):
    narrow = tiny_bert(tmp_path, " ".join(TEXTS).split(), layers=2, hidden=16)
    weights = {"layer_states": 1, "attention": {"heads": 4}, "value_relations": {"heads": 4}}
    teacher = _text_teacher(model)
    attention = teacher.model.bert.encoder.layer[-1].attention.self
    for part in (attention.query, attention.key, attention.value):
        part.weight.data *= 20  # untrained, it attends to every token alike
    before = {name: value.clone() for name, value in teacher.model.state_dict().items()}
    student = distill(TRAINING, _signal(), TASK, model, _tokenwise(narrow, **weights), 1, Beside(text_teacher=teacher))
    for name in weights:
        assert student.curve[-1][f"loss_{name}"] < student.curve[0][f"loss_{name}"], name
    assert student.losses == {f"{name}.v1": 1.0 for name in weights}
    assert all(torch.equal(before[name], value) for name, value in teacher.model.state_dict().items())


def test_tokens_are_compared_only_where_both_read_the_same_ones(model, tmp_path):
    with pytest.raises(ConfigError, match="or none"):
        distill(TRAINING, _signal(), TASK, model, _tokenwise(attention=1), 1)
    other = _text_teacher(tiny_bert(tmp_path, ["other", "words"], layers=1))
    with pytest.raises(ConfigError, match="not the student's"):
        distill(TRAINING, _signal(), TASK, model, _tokenwise(attention=1), 1, Beside(text_teacher=other))


@pytest.mark.parametrize("options", [{"optim": "sgd"}, {"optim": "adafactor"}, {"bf16": True}, {"max_grad_norm": 0.1}])
def test_options_of_training_arguments_reach_the_trainer(model, options):
    plain, config = _config(1), _config(1)
    config = config.model_copy(update={"training": config.training.model_copy(update=options)})
    said = [
        predict(student.model, student.tokenizer, TEXTS, 16, 8)[0]
        for student in (distill(TRAINING, _signal(), TASK, model, one, 1) for one in (plain, config, config))
    ]
    assert np.isfinite(said[1]).all()
    assert not np.array_equal(said[0], said[1])
    assert np.array_equal(said[1], said[2])


def test_balanced_batches_let_a_small_domain_be_learned_as_well_as_a_large_one(model, monkeypatch):
    seen = []
    collate = DistillationCollator.__call__
    monkeypatch.setattr(DistillationCollator, "__call__", lambda self, rows: seen.append(rows) or collate(self, rows))
    places = replace(TRAINING, domains=["small"] * 4 + ["large"] * 20)
    config = _config(4).model_copy(update={"domain_exponent": 0.0})
    distill(places, _signal(), TASK, model, config, 1)
    of_small = [sum(row["signal_row"] < 4 for row in rows) for rows in seen]
    assert of_small == [4] * 12
