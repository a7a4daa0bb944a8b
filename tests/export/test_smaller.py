"""Fewer words and thinner ones: what stays says what it said, and what is gone is read in pieces."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import nn
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from cdkd_kg.errors import ConfigError
from cdkd_kg.export.factorise import factorise
from cdkd_kg.export.forms import Forms
from cdkd_kg.export.vocabulary import prune
from cdkd_kg.inference.predictor import Predictor
from cdkd_kg.teachers.models import predict
from tests.bundles import TEXTS, classifier, written
from tests.models import BERT_TOKENS, tiny_gpt2

PIECES = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
    "b", "a", "n", "k", "##a", "##n", "##k", "##s", "bank", "##ks", "ban", "rate", "r", "##t", "##e",
]  # fmt: skip


def _pieces(folder):
    """Return a model and a tokenizer of word pieces."""
    vocabulary = {piece: place for place, piece in enumerate(PIECES)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=PIECES[1]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(PIECES), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=32,
    )  # fmt: skip
    model = BertForSequenceClassification(config).eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=16, **BERT_TOKENS)
    tokenizer.save_pretrained(folder)
    return model, tokenizer


def _counts(tokenizer, *texts):
    counts = [0] * len(tokenizer)
    for text in texts:
        for token in tokenizer(text)["input_ids"]:
            counts[token] += 1
    return counts


def test_a_pruned_model_says_of_known_words_what_it_said(tmp_path):
    model, tokenizer = _pieces(tmp_path)
    texts = ["bank rate", "ban"]
    before, _ = predict(model, tokenizer, texts, 16, 2)
    smaller = prune(model, tokenizer, _counts(tokenizer, *texts))
    after, _ = predict(model, smaller, texts, 16, 2)
    np.testing.assert_array_equal(before, after)
    assert len(smaller) == model.config.vocab_size == len(model.get_input_embeddings().weight) == len(PIECES) - 1
    assert "##ks" not in smaller.get_vocab()
    assert "##ks" in tokenizer.get_vocab()


def test_a_word_that_is_gone_is_read_in_pieces_and_not_as_unknown(tmp_path):
    model, tokenizer = _pieces(tmp_path)
    smaller = prune(model, tokenizer, [0] * len(tokenizer))
    assert smaller.tokenize("banks") == ["b", "##a", "##n", "##k", "##s"]
    assert tokenizer.tokenize("banks") == ["bank", "##s"]


@given(st.lists(st.integers(0, 3), min_size=len(PIECES), max_size=len(PIECES)), st.integers(1, 3))
def test_ids_stay_in_order_and_special_tokens_stay_special(tmp_path_factory, counts, at_least):
    model, tokenizer = _pieces(tmp_path_factory.getbasetemp() / "pieces")
    smaller = prune(model, tokenizer, counts, at_least)
    vocabulary = smaller.get_vocab()
    kept = sorted(vocabulary, key=vocabulary.get)
    assert [vocabulary[piece] for piece in kept] == list(range(len(smaller)))
    assert kept == [piece for piece in PIECES if piece in vocabulary]
    assert {piece for piece, count in zip(PIECES, counts, strict=True) if count >= at_least} <= set(kept)
    ids = smaller("bank")["input_ids"]
    assert (ids[0], ids[-1]) == (smaller.cls_token_id, smaller.sep_token_id)
    assert smaller.pad_token_id == vocabulary["[PAD]"]


def test_a_pruned_bundle_loads_with_plain_transformers_and_answers_alike(tmp_path):
    bundle, said = written(tmp_path, Forms(prune_vocabulary=1))
    for form in ("torch", "onnx"):
        np.testing.assert_allclose(Predictor(bundle, form).logits(TEXTS), said, atol=2e-4)
    assert "[MASK]" in json.loads((bundle.folder / "tokenizer.json").read_text())["model"]["vocab"]


def test_a_vocabulary_of_merges_is_refused(tmp_path):
    _, tokenizer = classifier(tmp_path, model=tiny_gpt2)
    merges = Tokenizer(models.BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")]))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=merges)
    with pytest.raises(ConfigError, match="kind BPE cannot be pruned"):
        prune(nn.Linear(1, 1), tokenizer, [1, 1, 1])


def _factorised(rank, counts, seed=0):
    model, _ = _PAIR
    torch.manual_seed(seed)
    with torch.no_grad():
        model.get_input_embeddings().weight.normal_()
    before = model.get_input_embeddings().weight.detach().clone().double()
    factors = factorise(model, counts, rank)
    return before, model.get_input_embeddings().weight.detach().double(), factors


@pytest.fixture(scope="module", autouse=True)
def _a_pair(tmp_path_factory):
    global _PAIR
    _PAIR = _pieces(tmp_path_factory.mktemp("pair"))


def test_the_product_is_the_nearest_where_words_are_frequent():
    counts = [100 if place == 3 else 0 for place in range(len(PIECES))]
    before, after, _ = _factorised(4, counts)
    _, plain, _ = _factorised(4, [0] * len(PIECES))
    far = (before - after).norm(dim=1)
    assert far[3] < (before - plain).norm(dim=1)[3] / 2
    assert (before - plain).norm() <= (before - after).norm()


def test_equal_weights_give_the_truncated_decomposition():
    before, after, _ = _factorised(5, [0] * len(PIECES))
    left, singular, right = torch.linalg.svd(before, full_matrices=False)
    torch.testing.assert_close(after, (left[:, :5] * singular[:5]) @ right[:5], atol=1e-5, rtol=1e-5)


def test_the_factors_are_what_the_model_keeps_and_smaller():
    _, after, factors = _factorised(4, list(range(len(PIECES))))
    everything = factors(torch.arange(len(PIECES))).detach().double()
    torch.testing.assert_close(everything, after, atol=1e-5, rtol=1e-5)
    assert sum(one.numel() for one in factors.parameters()) < after.numel()


def test_a_rank_that_saves_nothing_is_refused():
    with pytest.raises(ConfigError, match="give at most 8"):
        _factorised(9, [0] * len(PIECES))


def test_a_thinner_bundle_answers_as_its_folder_does(tmp_path):
    bundle, said = written(tmp_path, Forms(embedding_rank=6))
    folder = Predictor(bundle, "torch").logits(TEXTS)
    np.testing.assert_allclose(Predictor(bundle, "onnx").logits(TEXTS), folder, atol=2e-4)
    assert np.abs(folder - said).max() > 1e-3
