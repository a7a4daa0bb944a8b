"""Each layer learns at its own rate, in encoders, decoders and both, and weight decay spares what it spared."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from transformers import (
    AlbertConfig,
    AutoModelForSequenceClassification,
    BartConfig,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    GPT2Config,
    LlamaConfig,
    MobileBertConfig,
)

from cdkd_kg.distillation.distill import distill
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.layers import layer_depths, slow_lower_layers
from cdkd_kg.teachers.models import predict
from cdkd_kg.teachers.resumable import ResumableTrainer
from cdkd_kg.teachers.training import training_arguments
from tests.distillation.test_distill import TASK, TEXTS, TRAINING, _config, _signal
from tests.models import tiny_bert

SMALL = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 20}
BART = dict.fromkeys(("encoder_layers", "encoder_attention_heads", "decoder_attention_heads", "encoder_ffn_dim"), 2) | {
    "decoder_layers": 3,
    "d_model": 8,
    "decoder_ffn_dim": 4,
    "vocab_size": 20,
}
WHERE = {  # of parameters outside the layers; the layers are checked by their number
    "bert": (BertConfig(**SMALL), 2, {"embeddings.LayerNorm.weight": 0, "bert.pooler.dense.bias": 2}),
    "distilbert": (DistilBertConfig(vocab_size=20, dim=8, n_layers=3, n_heads=2), 3, {"pre_classifier.weight": 3}),
    "deberta": (DebertaV2Config(**SMALL, relative_attention=True), 2, {"encoder.rel_embeddings.weight": 0}),
    "mobilebert": (MobileBertConfig(vocab_size=20, num_hidden_layers=2), 2, {"embedding_transformation.weight": 0}),
    "gpt2": (GPT2Config(vocab_size=20, n_embd=8, n_layer=2, n_head=2), 2, {"wpe.weight": 0, "ln_f.weight": 2}),
    "llama": (LlamaConfig(**SMALL), 2, {"embed_tokens.weight": 0, "model.norm.weight": 2, "score.weight": 2}),
    "bart": (BartConfig(**BART), 5, {"decoder.embed_positions.weight": 0, "classification_head.dense.weight": 5}),
}


def made(config):
    return AutoModelForSequenceClassification.from_config(config)


@pytest.mark.parametrize("kind", WHERE)
def test_layers_are_found_wherever_a_model_has_them(kind):
    config, count, outside = WHERE[kind]
    depths, total = layer_depths(made(config))
    assert total == count
    assert set(depths.values()) == set(range(count + 1))
    for end, depth in outside.items():
        assert [depths[name] for name in depths if name.endswith(end)] == [depth]


def test_a_decoder_is_on_top_of_its_encoder():
    depths, _ = layer_depths(made(WHERE["bart"][0]))
    ends = ["encoder.layers.0.fc1.bias", "encoder.layers.1.fc1.bias", *(f"decoder.layers.{n}.fc1.bias" for n in (0, 2))]
    assert [depths[f"model.{end}"] for end in ends] == [1, 2, 3, 5]


def test_a_model_without_a_list_of_layers_is_refused():
    shared = AlbertConfig(**SMALL, embedding_size=8)  # one layer, used again and again
    with pytest.raises(ConfigError, match=r"Albert.*layerwise_lr_decay"):
        layer_depths(made(shared))


def test_the_groups_of_a_trainer_by_hand(tmp_path):
    training = _config(1).training.model_copy(update={"learning_rate": 0.01, "weight_decay": 0.1})
    model = made(BertConfig(**SMALL))
    trainer = ResumableTrainer(
        model=model, args=training_arguments(training, 0, tmp_path), layerwise_lr_decay=0.5, train_dataset=[]
    )
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    found = {
        names[id(parameter)]: (group["lr"], group["weight_decay"])
        for group in trainer.create_optimizer().param_groups
        for parameter in group["params"]
    }
    layer = "bert.encoder.layer.{}.attention.output.{}".format
    golden = {
        "bert.embeddings.word_embeddings.weight": (0.0025, 0.1),
        "bert.embeddings.LayerNorm.weight": (0.0025, 0.0),
        layer(0, "dense.weight"): (0.005, 0.1),
        layer(0, "dense.bias"): (0.005, 0.0),
        layer(0, "LayerNorm.weight"): (0.005, 0.0),
        layer(1, "dense.weight"): (0.01, 0.1),
        layer(1, "LayerNorm.bias"): (0.01, 0.0),
        "bert.pooler.dense.weight": (0.01, 0.1),
        "classifier.weight": (0.01, 0.1),
        "classifier.bias": (0.01, 0.0),
    }
    assert found.keys() == set(names.values())
    assert {name: found[name] for name in golden} == {name: pytest.approx(rates) for name, rates in golden.items()}


MODEL = made(BertConfig(**SMALL | {"num_hidden_layers": 4}))


@given(decay=st.floats(0.01, 1), rate=st.floats(1e-6, 1))
def test_rates_only_fall_from_head_to_embeddings_and_none_is_above_the_rate(decay, rate):
    optimizer = torch.optim.SGD(MODEL.parameters(), lr=rate, momentum=0.9)
    slow_lower_layers(optimizer, MODEL, decay)
    rates = [group["lr"] for group in optimizer.param_groups]
    assert rates == sorted(rates)
    assert rates[-1] == rate
    assert rates[0] == pytest.approx(rate * decay**4)
    kept = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    assert len({id(parameter) for parameter in kept}) == len(kept) == len(list(MODEL.parameters()))
    assert all(group["momentum"] == 0.9 for group in optimizer.param_groups)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split(), layers=4)


def student(model, folder=None, **options):
    settings = _config(2, teacher_layers=(0, 1, 2))
    often = {"logging_steps": 1, "save_steps": 1}
    settings = settings.model_copy(update={"training": settings.training.model_copy(update=often | options)})
    return distill(TRAINING, _signal(hidden=7), TASK, model, settings, 1, folder=folder)


def test_a_student_learns_so_and_one_that_was_stopped_ends_as_one_that_was_not(model, tmp_path):
    whole, parts = (student(model, tmp_path, layerwise_lr_decay=0.5) for _ in range(2))
    said = [predict(one.model, one.tokenizer, TEXTS, 16, 8)[0] for one in (whole, parts)]
    assert np.array_equal(*said)
    assert whole.curve == parts.curve


def test_next_to_no_rate_below_leaves_the_embeddings_where_they_were(model):
    def moved(decay):
        learned = student(model, layerwise_lr_decay=decay).model
        before = AutoModelForSequenceClassification.from_pretrained(model)
        tables = [one.base_model.embeddings.word_embeddings.weight for one in (before, learned)]
        return nn.functional.mse_loss(*tables).sqrt().item()

    assert moved(0.01) < 1e-3 * moved(1.0)
