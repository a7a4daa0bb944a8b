"""Students that label words, from teachers whose tokens are others'."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoModelForTokenClassification, AutoTokenizer, PreTrainedTokenizerFast, pipeline

from cdkd_kg.config import DistillationConfig, LossesConfig, StudentConfig, TaskConfig, TrainingConfig
from cdkd_kg.distillation.word_set import WordCollator, WordSet, word_rows
from cdkd_kg.distillation.words import distill_words
from cdkd_kg.errors import ConfigError, StaleSignalError, TrainingError
from cdkd_kg.export.bundle import save_bundle
from cdkd_kg.teachers.tracking import Tracking
from cdkd_kg.teachers.words import load_tagger, predict_words, word_tokens
from tests.models import tiny_bert, tiny_gpt2

TASK = TaskConfig(labels=("O", "PER", "LOC"))
NAMES, PLACES = ["Ada", "Grace", "Alan"], ["Paris", "London", "Oslo"]
TEXTS = [[NAMES[n % 3], "lives", "in", PLACES[n // 3 % 3]][: 3 + n % 2] + ["now"] * (n % 4) for n in range(24)]
LABELS = [["PER" if w in NAMES else "LOC" if w in PLACES else "O" for w in words] for words in TEXTS]
IDS = [f"d/{number:02}" for number in range(24)]
LABELLED = WordSet(IDS, TEXTS, LABELS)
UNLABELLED = WordSet(IDS, TEXTS, [[None] * len(words) for words in TEXTS])
TRAINING = TrainingConfig(num_train_epochs=25, learning_rate=5e-3, per_device_train_batch_size=8)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), [word for words in TEXTS for word in words], layers=2)


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    """A wider BERT that reads every letter as a token of its own."""
    folder = tiny_bert(tmp_path_factory.mktemp("letters"), sorted(set("".join(w for words in TEXTS for w in words))))
    plain = PreTrainedTokenizerFast.from_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel(plain.get_vocab(), unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.Split("", "isolated")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **plain.special_tokens_map).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def teacher(model):
    return distill_words(LABELLED, None, TASK, model, _config(teacher_layers=(0, 1)), seed=0)


def _config(losses=None, **student):
    return DistillationConfig(
        student=StudentConfig(max_length=32, **student),
        losses=LossesConfig.model_validate(losses or {}),
        training=TRAINING,
    )


def _signal(teacher, max_length=32):
    return UNLABELLED.signal(predict_words(teacher.model, teacher.tokenizer, TEXTS, max_length, 8), TASK, "t")


def _accuracy(student):
    said = predict_words(student.model, student.tokenizer, TEXTS, 32, 8).logits.argmax(axis=1)
    return float((said == np.concatenate(LABELLED.targets(TASK)).argmax(axis=1)).mean())


def test_a_student_learns_words_that_it_was_never_told(model, teacher):
    assert _accuracy(teacher) == 1
    student = distill_words(UNLABELLED, _signal(teacher), TASK, model, _config(teacher_layers=(1,)), seed=1)
    assert student.model.config.num_hidden_layers == 1
    assert _accuracy(student) == 1


def test_its_training_can_be_watched_and_is_the_same(model, teacher, tmp_path):
    how = (UNLABELLED, _signal(teacher), TASK, model, _config(teacher_layers=(1,)), 1)
    watched = distill_words(*how, tracking=Tracking(["tensorboard"], "words", tmp_path))
    assert watched.curve == distill_words(*how).curve
    assert list(tmp_path.glob("events.out.tfevents.*"))


def test_the_tokens_of_teacher_and_student_need_not_be_the_same(letters, teacher, tmp_path):
    for start in (letters, tiny_gpt2(tmp_path, [word for words in TEXTS for word in words], hidden=16)):
        student = distill_words(UNLABELLED, _signal(teacher), TASK, start, _config(teacher_layers=(0, 1)), seed=1)
        assert _accuracy(student) > 0.9


def test_the_saved_student_is_a_plain_folder(model, teacher, tmp_path):
    save_bundle(teacher.model, teacher.tokenizer, 32, {}, tmp_path)
    loaded, tokenizer = (
        AutoModelForTokenClassification.from_pretrained(tmp_path),
        AutoTokenizer.from_pretrained(tmp_path),
    )
    said = pipeline("token-classification", loaded, tokenizer=tokenizer)("Ada lives in Paris")
    assert [one["entity"] for one in said] == ["PER", "LOC"]  # O is no entity
    again, _ = load_tagger(tmp_path, ("LOC", "O", "PER"))
    assert torch.equal(again.classifier.weight[2], loaded.classifier.weight[1])


@pytest.mark.parametrize("side", ["left", "right"])
def test_words_stand_at_their_first_token_on_whichever_side_the_padding_is(letters, side):
    tagger, tokenizer = load_tagger(letters, TASK.labels)
    tokenizer.padding_side = side
    assert word_tokens(tokenizer, [["Ada", " ", "now"]], 32)[1] == [[1, -1, 4]]
    rows = word_rows(tokenizer, LABELLED, TASK, 32, None)
    batch = WordCollator(tokenizer, None, 3)([rows[0], rows[3]])
    ids = batch["input_ids"][batch["word_row"], batch["word_token"]]
    assert tokenizer.convert_ids_to_tokens(ids.tolist()) == [word[0] for n in (0, 3) for word in TEXTS[n]]
    assert batch["targets"].argmax(dim=1).tolist() == [TASK.labels.index(label) for n in (0, 3) for label in LABELS[n]]
    if side == "left":
        return  # BERT counts its positions from the padding, so its answers are others
    one = predict_words(tagger, tokenizer, TEXTS[:1], 32, 1).logits
    assert np.allclose(one, predict_words(tagger, tokenizer, TEXTS, 32, 24).logits[: len(one)], atol=1e-5)


def test_a_word_that_was_cut_off_counts_nothing(model, teacher):
    signal = _signal(teacher, max_length=4)  # [CLS], two words, [SEP]
    counted = signal.weight[signal.rows(*UNLABELLED.keys())]
    assert counted.tolist() == [float(place < 2) for words in TEXTS for place in range(len(words))]
    rows = word_rows(teacher.tokenizer, UNLABELLED, TASK, 4, signal)
    assert WordCollator(teacher.tokenizer, signal, 3)([rows[0]])["word_token"].tolist() == [1, 2]


def test_without_a_teacher_unlabelled_texts_are_left_out_and_unlabelled_words_do_not_count(model):
    some = WordSet(IDS, TEXTS, [labels if n < 12 else [None] * len(labels) for n, labels in enumerate(LABELS)])
    assert some.labelled().ids == IDS[:12]
    half = WordSet(IDS, TEXTS, [["PER", *[None] * (len(words) - 1)] for words in TEXTS])
    said = distill_words(half, None, TASK, model, _config(teacher_layers=(0,)), seed=0)
    assert (predict_words(said.model, said.tokenizer, TEXTS, 32, 8).logits.argmax(axis=1) == 1).all()


def test_a_teacher_with_its_labels_mixed_up_is_refused_where_there_are_words_to_judge_by(model, teacher):
    signal, config = _signal(teacher), _config(teacher_layers=(0,))
    mixed = replace(signal, logits=signal.logits[:, [1, 2, 0]])
    with pytest.raises(TrainingError, match="worse than an untrained student on source validation") as refused:
        distill_words(UNLABELLED, mixed, TASK, model, config, 1, validation=LABELLED)
    assert f"of {sum(map(len, TEXTS))} words it has 0 right" in str(refused.value)
    brief = config.model_copy(update={"training": TRAINING.model_copy(update={"num_train_epochs": 1})})
    distill_words(UNLABELLED, signal, TASK, model, brief, 1, validation=LABELLED)
    distill_words(UNLABELLED, mixed, TASK, model, brief, 1, validation=UNLABELLED)  # nothing to judge by


def test_what_does_not_fit_is_refused(model, teacher):
    signal, layers = _signal(teacher), {"teacher_layers": (0,)}
    with pytest.raises(ConfigError, match="angle_relations are about whole texts"):
        distill_words(UNLABELLED, signal, TASK, model, _config({"angle_relations": 1}, **layers), 1)
    with pytest.raises(ConfigError, match="a word takes one label"):
        distill_words(UNLABELLED, signal, TASK.model_copy(update={"multi_label": True}), model, _config(**layers), 1)
    with pytest.raises(ConfigError, match="different labels"):
        distill_words(UNLABELLED, signal, TaskConfig(labels=("PER", "O", "LOC")), model, _config(**layers), 1)
    other = WordSet(IDS, [["Ada", "lives", "there"], *TEXTS[1:]], UNLABELLED.labels)
    with pytest.raises(StaleSignalError, match="changed"):
        distill_words(other, signal, TASK, model, _config(**layers), 1)
    with pytest.raises(TrainingError, match="the same of every text"):
        distill_words(UNLABELLED, replace(signal, logits=0 * signal.logits), TASK, model, _config(**layers), 1)
    with pytest.raises(ValueError, match=r"d/00: 3 words with 3 labels, unknown are \['ORG'\]"):
        WordSet(IDS, TEXTS, [["ORG", "O", "O"], *LABELS[1:]]).targets(TASK)


def test_a_batch_of_no_word_that_was_read_has_nothing_to_teach(model):
    _, tokenizer = load_tagger(model, TASK.labels)
    rows = word_rows(tokenizer, LABELLED, TASK, 2, None)  # [CLS] and [SEP] alone
    batch = WordCollator(tokenizer, None, 3)([rows[0], rows[1]])
    assert batch["targets"].shape == (0, 3)
    assert batch["word_row"].dtype == batch["word_token"].dtype == torch.long


def test_an_empty_text_alone_in_its_batch_teaches_nothing(model, teacher):
    texts = [["Ada", "lives"], [], [" "]]
    some = WordSet(["a", "b", "c"], texts, [["PER", "O"], [], ["O"]])
    said = predict_words(teacher.model, teacher.tokenizer, texts, 32, 8)
    losses = {"similarity_preserving": 1, "decoupled": 1}
    config = _config(losses, teacher_layers=(0,))
    one = config.training.model_copy(
        update={"per_device_train_batch_size": 1, "logging_steps": 1, "num_train_epochs": 1}
    )
    for signal in (None, some.signal(said, TASK, "t")):
        curve = distill_words(some, signal, TASK, model, config.model_copy(update={"training": one}), 0).curve
        parts = [value for step in curve for name, value in step.items() if name.startswith("loss")]
        assert np.isfinite(parts).all()
        assert any(step["loss"] == 0 for step in curve)
