"""Texts of two parts reach the tokenizer as pairs, whatever stands beside them."""

import numpy as np
import pytest

from cdkd_kg.corpus.pairs import joined
from cdkd_kg.distillation.mentions import covered_tokens
from cdkd_kg.teachers.encoding import alike, encode
from cdkd_kg.teachers.entity_signal import EntitySignal
from cdkd_kg.teachers.models import load_classifier, load_tokenizer, predict
from cdkd_kg.teachers.training import tokenised
from tests.models import tiny_bert

PREMISE, HYPOTHESIS = "ball goal team", "bank rate"
TEXTS = [joined(PREMISE, HYPOTHESIS), "ball", joined("goal", "ball"), "rate bank team"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), f"{PREMISE} {HYPOTHESIS}".split())


def test_a_pair_is_encoded_as_the_tokenizer_would(model):
    tokenizer = load_tokenizer(model)
    assert encode(tokenizer, TEXTS[:1], 16)["input_ids"] == [tokenizer(PREMISE, HYPOTHESIS)["input_ids"]]
    assert len(encode(tokenizer, TEXTS[:1], 5)["input_ids"][0]) == 5
    assert list(alike(TEXTS)) == [[1, 3], [0, 2]]
    assert list(alike([])) == []


def test_rows_and_answers_stand_where_their_texts_do(model):
    tokenizer, classifier = load_tokenizer(model), load_classifier(model, ("a", "b"), False)
    rows = tokenised(tokenizer, TEXTS, 16, number=range(4))
    whole = [tokenizer(*text.split("\x1f")) for text in TEXTS]
    assert [row["input_ids"] for row in rows] == [one["input_ids"] for one in whole]
    assert rows["number"][:] == [0, 1, 2, 3]
    together = predict(classifier, tokenizer, TEXTS, 16, 2)
    alone = [predict(classifier, tokenizer, [text], 16, 1) for text in TEXTS]
    for place in (0, 1):
        assert np.allclose(together[place], np.concatenate([one[place] for one in alone]), atol=1e-5)


def test_mentions_of_a_pair_are_counted_over_both_texts(model):
    begin = len(PREMISE) + 1
    mentions = [("a", 5, 9, "urn:goal"), ("a", begin + 5, begin + 9, "urn:rate"), ("b", 0, 4, "urn:goal")]
    signal = EntitySignal.of(["a", "b"], mentions, {"urn:goal": np.ones(2), "urn:rate": np.zeros(2)})
    covered = covered_tokens(load_tokenizer(model), TEXTS[:2], 16, signal, [0, 1])
    assert covered == [[[2, 2, 0], [6, 6, 1]], [[1, 1, 0]]]  # [CLS] ball goal team [SEP] bank rate [SEP]
