"""A predictor says what plain transformers says, whatever shares a batch; a bundle with a flipped bit is refused."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import pipeline

from cdkd_kg.artifacts import seal, write_json
from cdkd_kg.errors import ArtifactError, ConfigError, MissingResourceError
from cdkd_kg.export.forms import Forms
from cdkd_kg.inference.bundle import open_bundle
from cdkd_kg.inference.predictor import (
    BATCH_TEXTS,
    BATCH_TOKENS,
    CHARACTERS,
    Predictor,
    by_length,
    encode,
    probabilities,
)
from tests.bundles import TEXTS, tiny_bundle

LONG = "ball goal " * 40


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("bundle"), Forms())


@pytest.fixture(scope="module")
def predictor(bundle):
    return Predictor(bundle, "onnx")


def test_it_says_what_plain_transformers_says(bundle, predictor):
    ask = pipeline("text-classification", model=str(bundle.folder), truncation=True, top_k=None)
    for text, mine in zip([*TEXTS, LONG], predictor.predict([*TEXTS, LONG]), strict=True):
        theirs = {one["label"]: one["score"] for one in ask([text])[0]}
        np.testing.assert_allclose(mine.probabilities, [theirs[label] for label in bundle.labels], atol=1e-5)


def test_two_texts_are_read_as_the_pair_that_they_are(tmp_path):
    bundle = tiny_bundle(tmp_path, Forms(), pairs=True)
    predictor = Predictor(bundle, "onnx")
    ask = pipeline("text-classification", model=str(bundle.folder), truncation=True, top_k=None)
    theirs = {one["label"]: one["score"] for one in ask({"text": LONG, "text_pair": "bank rate"})}
    mine = predictor.predict([(LONG, "bank rate")])[0]
    np.testing.assert_allclose(mine.probabilities, [theirs[label] for label in bundle.labels], atol=1e-5)
    assert mine.truncated


@given(st.lists(st.sampled_from([*TEXTS, LONG]), max_size=80), st.integers(1, 3))
def test_what_shares_a_batch_changes_nothing(bundle, texts, threads):
    single, several = Predictor(bundle, "onnx", 1), Predictor(bundle, "onnx", threads)
    alone = [single.logits([text])[0] for text in texts]
    together = several.logits(texts)
    several.close()
    assert together.shape == (len(texts), 2)
    if texts:
        np.testing.assert_allclose(together, alone, atol=1e-4)


def _tokenizer(splitter, most=8):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = splitter
    letters = trainers.BpeTrainer(vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(["ball goal team", "bank  rate\n\nstock", "the of a."], letters)
    tokenizer.enable_truncation(most)
    return tokenizer


TOKENIZERS = {
    "bytes": _tokenizer(pre_tokenizers.ByteLevel()),
    "bert": _tokenizer(pre_tokenizers.BertPreTokenizer()),
    "sentence": _tokenizer(pre_tokenizers.Metaspace(split=False)),
    "none": _tokenizer(None),
}


@given(st.text("ab goalé.'\n\t  ", max_size=40 * CHARACTERS), st.sampled_from(sorted(TOKENIZERS)))
def test_the_beginning_of_a_long_text_gives_the_tokens_that_the_whole_gives(text, name):
    for asked in (text, (text, "goal"), text.replace(" ", "x"), text + " " * 9 * CHARACTERS):
        (mine,), whole = encode(TOKENIZERS[name], [asked]), TOKENIZERS[name].encode_batch([asked])[0]
        assert (mine.ids, mine.type_ids, bool(mine.overflowing)) == (whole.ids, whole.type_ids, bool(whole.overflowing))


def test_of_a_long_text_only_the_beginning_is_turned_into_tokens():
    (one,) = encode(TOKENIZERS["bytes"], ["goal " * 10_000])
    assert 0 < len(one.overflowing) < 20


@given(st.lists(st.integers(1, 512), max_size=200))
def test_batches_hold_every_text_once_and_no_more_than_they_may(lengths):
    batches = by_length(lengths)
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    for batch in batches:
        width = max(lengths[place] for place in batch)
        assert len(batch) == 1 or (len(batch) <= BATCH_TEXTS and len(batch) * width <= BATCH_TOKENS)


def test_each_domain_has_its_own_temperature(predictor):
    logits = predictor.logits(TEXTS[:1])
    for domain, temperature in ((None, 1.0), ("news", 2.0), ("letters", 0.5)):
        expected = probabilities(logits / temperature, multi_label=False)[0]
        np.testing.assert_allclose(predictor.predict(TEXTS[:1], domain)[0].probabilities, expected, atol=1e-6)
    mixed = predictor.predict(TEXTS[:1] * 2, ["news", None])
    assert mixed[0].probabilities.max() < mixed[1].probabilities.max()


def test_an_unknown_domain_is_refused_with_the_nearest(predictor):
    with pytest.raises(ConfigError, match=r"no domain 'newz'; did you mean 'news'"):
        predictor.predict(TEXTS[:1], "newz")


def test_what_is_cut_off_is_told(predictor):
    short, long = predictor.predict(["ball", LONG])
    assert (short.tokens, short.truncated, long.tokens, long.truncated) == (3, False, 16, True)


def test_independent_labels_do_not_share_one(tmp_path):
    bundle = tiny_bundle(tmp_path, multi_label=True)
    shares = np.array([one.probabilities for one in Predictor(bundle).predict(TEXTS)])
    assert not np.allclose(shares.sum(axis=1), 1)
    assert ((shares > 0) & (shares < 1)).all()


def test_probabilities_of_huge_logits_are_numbers():
    shares = probabilities(np.array([[1e4, -1e4]], dtype=np.float32), multi_label=False)
    np.testing.assert_array_equal(shares, [[1.0, 0.0]])


def test_the_fastest_form_is_taken_and_a_missing_one_told(bundle):
    assert bundle.form() == "int8"
    with pytest.raises(MissingResourceError, match=r"no form 'openvino'.*it has \['int8', 'onnx', 'torch'\]"):
        bundle.form("openvino")


def test_what_lies_beside_the_bundle_is_no_form_of_it(tmp_path):
    bundle = tiny_bundle(tmp_path)
    (bundle.folder / "onnx" / "model.onnx").write_bytes(b"of somebody else")
    assert open_bundle(bundle.folder).form() == "int8"
    with pytest.raises(MissingResourceError, match="no form 'onnx'"):
        Predictor.from_pretrained(bundle.folder, "onnx")


@pytest.mark.parametrize(("key", "value"), [("labels", "sport"), ("temperature", None), ("reads", 0)])
def test_a_bundle_that_somebody_wrote_by_hand_is_told_what_it_lacks(tmp_path, key, value):
    bundle = tiny_bundle(tmp_path)
    write_json(bundle.folder / "cdkd.json", bundle.about | {key: value})
    seal(bundle.folder, {})
    with pytest.raises(ArtifactError, match=f"does not say '{key}'"):
        open_bundle(bundle.folder)


def test_one_text_in_place_of_a_list_is_told(predictor):
    with pytest.raises(ConfigError, match=r"give \[text\]"):
        predictor.predict("ball")
    with pytest.raises(ConfigError, match="reads one text at a time"):
        predictor.logits([("ball", "goal")])


def test_every_flipped_bit_is_found(tmp_path):
    bundle = tiny_bundle(tmp_path)
    for file in sorted(path for path in bundle.folder.rglob("*") if path.is_file()):
        whole = file.read_bytes()
        for place in {0, len(whole) // 2, len(whole) - 1}:
            broken = bytearray(whole)
            broken[place] ^= 4
            file.write_bytes(broken)
            with pytest.raises((ArtifactError, MissingResourceError)):
                open_bundle(bundle.folder)
        file.write_bytes(whole[:-1])
        with pytest.raises((ArtifactError, MissingResourceError)):
            open_bundle(bundle.folder)
        file.write_bytes(whole)
    assert open_bundle(bundle.folder) == bundle


def test_a_student_in_the_folder_of_a_run_is_no_bundle(tmp_path):
    (tmp_path / "cdkd.json").write_text('{"format": 1}')
    with pytest.raises(MissingResourceError, match="no exported bundle"):
        open_bundle(tmp_path)
    with pytest.raises(MissingResourceError, match="there is no bundle"):
        open_bundle(tmp_path / "nothing")


HEAVY = (
    "torch",
    "transformers",
    "datasets",
    "pyarrow",
    "networkx",
    "pyoxigraph",
    "rdflib",
    "sklearn",
    "scipy",
    "spacy",
)
ASK = f"""
import sys
for name in {HEAVY!r}:
    sys.modules[name] = None  # from here on an import of it fails
from cdkd_kg.inference.predictor import Predictor
print(len(Predictor.from_pretrained(sys.argv[1]).predict(["ball goal", "bank"], "news")))
from cdkd_kg.serving.serve import serve
"""


def test_answering_and_serving_need_neither_torch_nor_transformers(bundle):
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(bundle.folder)],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "2"
