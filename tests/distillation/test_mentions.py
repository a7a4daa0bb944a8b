"""The tokens that mentions cover, in batches of texts of different lengths."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cdkd_kg.distillation.batches import DistillationCollator, student_rows
from cdkd_kg.distillation.distill import Beside, distill
from cdkd_kg.distillation.mentions import covered_tokens, linked_mentions
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.entity_signal import EntitySignal
from cdkd_kg.teachers.models import load_tokenizer
from tests.distillation.test_distill import IDS, TASK, TEXTS, TRAINING, TRUTH, _config, _signal
from tests.models import tiny_bert

ENTITY = {"urn:ball": np.array([1.0, 0, 0]), "urn:bank": np.array([0, 1.0, 0])}
NAMES = {"ball": "urn:ball", "bank": "urn:bank"}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("bert"), " ".join(TEXTS).split(), layers=4)


def entities(names=NAMES):
    found = [
        (IDS[row], text.index(word), text.index(word) + len(word), iri)
        for row, text in enumerate(TEXTS)
        for word, iri in names.items()
        if word in text.split()
    ]
    return EntitySignal.of(IDS, found, ENTITY)


def test_mentions_cover_the_tokens_of_their_words_and_are_cut_off_with_the_text(model):
    tokenizer = load_tokenizer(model)
    covered = covered_tokens(tokenizer, TEXTS, 16, entities(), range(24))
    assert covered[0] == [[1, 1, 0]]  # [CLS] ball goal team a
    assert covered[8] == [[2, 2, 0]]  # [CLS] kick ball pitch i
    assert covered_tokens(tokenizer, TEXTS, 3, entities(), range(24))[8] == []


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_batch_has_each_mention_with_its_document_tokens_and_vector(side):
    signal = EntitySignal.of(["a", "b"], [("a", 0, 1, "urn:bank"), ("b", 0, 1, "urn:ball")], ENTITY)
    found = linked_mentions([[[1, 2, 1]], [], [[1, 1, 0]]], [4, 2, 3], 4, side, signal)
    assert found["rows"].tolist() == [0, 2]
    last = [0, 0, 1, 0] if side == "left" else [0, 1, 0, 0]
    assert found["tokens"].tolist() == [[0, 1, 1, 0], last]
    assert found["vectors"].tolist() == [[0, 1, 0], [1, 0, 0]]


def test_the_collator_joins_them_and_a_batch_without_one_has_none(model):
    tokenizer, signal = load_tokenizer(model), entities({"ball": "urn:ball"})
    rows = student_rows(tokenizer, TEXTS, TRUTH, 16, range(24), signal)
    collate = DistillationCollator(tokenizer, _signal(), signal)
    batch = collate([rows[0], rows[1]])
    assert batch["mention_rows"].tolist() == [0]
    assert batch["mention_tokens"].shape == (1, batch["input_ids"].shape[1])
    assert collate([rows[1]])["mention_vectors"].shape == (0, 3)


def aligning(**others):
    config = _config()
    names = type(config.losses).model_fields.keys() - {"temperature"}
    losses = type(config.losses).model_validate(dict.fromkeys(names, 0) | {"entity_alignment": 1} | others)
    return config.model_copy(update={"losses": losses})


def test_a_students_mentions_are_drawn_to_their_entities(model):
    student = distill(TRAINING, _signal(), TASK, model, aligning(), 1, Beside(entities=entities()))
    curve = [one["loss_entity_alignment"] for one in student.curve if "loss_entity_alignment" in one]
    assert curve[-1] < 0.2 < curve[0]
    assert torch.isfinite(student.model.classifier.weight).all()


def test_without_a_graph_the_loss_is_left_out_and_alone_it_is_refused(model):
    student = distill(TRAINING, _signal(), TASK, model, aligning(logits=1), 1)
    assert student.losses == {"logits.v1": 1.0}
    with pytest.raises(ConfigError, match="where there is no graph"):
        distill(TRAINING, _signal(), TASK, model, aligning(), 1)
