"""What models of different families make of tokens."""

from __future__ import annotations

import pytest
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    CTRLConfig,
    CTRLForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
    LlamaConfig,
    LlamaForSequenceClassification,
    MPNetConfig,
    MPNetModel,
    XGLMConfig,
    XGLMModel,
)

from cdkd_kg.distillation.losses.attention import AttentionLoss
from cdkd_kg.distillation.losses.batch import LossBatch
from cdkd_kg.distillation.losses.value_relations import ValueRelationsLoss
from cdkd_kg.distillation.tokens import TokenReader, TokenTeacher
from cdkd_kg.errors import ConfigError

SMALL = {
    "bert": BertForSequenceClassification(
        BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16)
    ),
    "distilbert": DistilBertForSequenceClassification(
        DistilBertConfig(vocab_size=20, dim=8, n_layers=2, n_heads=2, hidden_dim=16)
    ),
    "gpt2": GPT2ForSequenceClassification(GPT2Config(vocab_size=20, n_embd=8, n_layer=2, n_head=2, pad_token_id=0)),
}
INPUTS = {"input_ids": torch.tensor([[2, 3, 4], [5, 6, 0]]), "attention_mask": torch.tensor([[1, 1, 1], [1, 1, 0]])}


def last_projections(name, states):
    """Return queries, keys and values by the last layer's own weights."""
    model = SMALL[name]
    if name == "bert":
        attention = model.bert.encoder.layer[-1].attention.self
        return [part(states) for part in (attention.query, attention.key, attention.value)]
    if name == "distilbert":
        attention = model.distilbert.transformer.layer[-1].attention
        return [part(states) for part in (attention.q_lin, attention.k_lin, attention.v_lin)]
    block = model.transformer.h[-1]
    return block.attn.c_attn(block.ln_1(states)).chunk(3, dim=-1)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_queries_keys_and_values_are_those_of_the_last_layer(name):
    made = TokenTeacher(SMALL[name], attention=True)(INPUTS)
    assert len(made.layers) == 3
    for found, expected in zip(made.attention, last_projections(name, made.layers[-2]), strict=True):
        assert torch.allclose(found, expected, atol=1e-6)
        assert not found.requires_grad


@pytest.mark.parametrize(("name", "causal"), [("bert", False), ("distilbert", False), ("gpt2", True)])
def test_a_model_says_whether_its_tokens_attend_to_none_after_them(name, causal):
    made = TokenTeacher(SMALL[name], attention=True)(INPUTS)
    assert made.causal is causal
    later = {**INPUTS, "input_ids": INPUTS["input_ids"].clone()}
    later["input_ids"][0, 2] = 7
    first = [TokenTeacher(SMALL[name], attention=True)(inputs).layers[-1][0, 0] for inputs in (INPUTS, later)]
    assert torch.equal(*first) is causal


def test_a_model_whose_attention_does_not_say_is_known_by_its_family():
    sizes = {"vocab_size": 20, "num_hidden_layers": 1, "num_attention_heads": 2, "hidden_size": 8}
    decoder = XGLMModel(XGLMConfig(vocab_size=20, d_model=8, num_layers=1, attention_heads=2, ffn_dim=8))
    encoder = MPNetModel(MPNetConfig(**sizes, intermediate_size=8))
    assert TokenTeacher(decoder, attention=True)(INPUTS).causal
    assert not TokenTeacher(encoder, attention=True)(INPUTS).causal


def test_heads_that_share_keys_are_refused_by_the_attention_loss():
    config = LlamaConfig(
        vocab_size=20, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=4,
        num_key_value_heads=2, pad_token_id=0,
    )  # fmt: skip
    tokens = TokenTeacher(LlamaForSequenceClassification(config), attention=True)(INPUTS)
    one = torch.zeros(2, 2)
    batch = LossBatch(one, one, one - 1, None, None, None, None, False, tokens, tokens)
    with pytest.raises(ConfigError, match=r"heads share keys .*8 numbers in queries, 4 in keys"):
        AttentionLoss(heads=4)(batch)
    assert float(ValueRelationsLoss(heads=4)(batch)) == 0


def test_without_attention_nothing_is_watched():
    made = TokenTeacher(SMALL["bert"], attention=False)(INPUTS)
    assert made.attention is None
    assert torch.equal(made.mask, INPUTS["attention_mask"])


def test_a_model_whose_attention_is_not_known_is_refused():
    model = CTRLForSequenceClassification(
        CTRLConfig(vocab_size=20, n_embd=8, n_layer=1, n_head=2, dff=16, n_positions=8)
    )
    with pytest.raises(ConfigError, match="not known"):
        TokenReader(model, attention=True)
