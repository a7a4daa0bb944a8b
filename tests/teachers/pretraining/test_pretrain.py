from dataclasses import replace

import pytest
import torch
from torch import nn

from cdkd_kg.errors import ConfigError, DataRefusedError, TrainingError
from cdkd_kg.teachers.pretraining.decoders import DECODERS, make_decoder
from cdkd_kg.teachers.pretraining.encoder import RelationalEncoder
from cdkd_kg.teachers.pretraining.known import Known, questions
from cdkd_kg.teachers.pretraining.model import LinkPredictor
from cdkd_kg.teachers.pretraining.train import Pretraining, pretrain
from cdkd_kg.teachers.pretraining.triples import Triples

QUICK = Pretraining(width=16, epochs=60, batch=64, learning_rate=0.05, dropout=0.0)


def _circles(directed, groups=4, size=5):
    """Everybody is related to everybody of the same circle and, where ``directed``, to everybody of the next one."""
    steps = ("same", "next")[: 1 + directed]
    rows = [
        (f"{group}.{head}", name, f"{(group + step) % groups}.{tail}")
        for group in range(groups)
        for head in range(size)
        for tail in range(size)
        for step, name in enumerate(steps)
    ]
    training = [row for place, row in enumerate(rows) if place % 9 not in (2, 7)]
    return Triples.of_names(training, rows[2::9], rows[7::9])


def _clock(hours=12):
    """Steps of one and of two around a ring: two of one make a two, which tells one direction from the other."""
    rows = [(f"{h:02}", f"plus {n}", f"{(h + n) % hours:02}") for h in range(hours) for n in (1, 2)]
    held = [1, 9], [13, 20]
    return Triples.of_names(
        [row for place, row in enumerate(rows) if not any(place in part for part in held)],
        *([rows[place] for place in part] for part in held),
    )


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("negatives", [None, 8])
def test_every_decoder_learns_circles_and_those_that_can_learn_their_order(name, negatives):
    triples = _circles(directed=name != "distmult")
    found = pretrain(triples, replace(QUICK, decoder=name, negatives=negatives), seed=0)
    assert found.test.mrr >= (1.0 if negatives is None else 0.85)  # a sample of false answers leaves some luck
    assert found.test.chance < 0.3


def test_distmult_cannot_tell_the_next_circle_from_the_one_before():
    assert pretrain(_circles(directed=True), replace(QUICK, decoder="distmult"), seed=0).test.mrr < 0.8


@pytest.mark.parametrize("encoder", [False, True])
def test_a_seed_decides_the_vectors_and_leaves_the_dice_of_others_alone(encoder):
    triples, config = _clock(), replace(QUICK, epochs=4, negatives=3)
    make = (lambda: RelationalEncoder(triples, 16)) if encoder else None
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = pretrain(triples, config, seed=1, encoder=make)
    assert torch.equal(torch.rand(3), expected)
    again = pretrain(triples, config, seed=1, encoder=make)
    assert torch.equal(first.vectors, again.vectors)
    assert first.test == again.test
    assert not torch.equal(first.vectors, pretrain(triples, config, seed=2, encoder=make).vectors)


def test_the_relational_encoder_learns_through_the_decoder_and_sees_no_held_out_edge():
    triples = _clock()
    encoder = RelationalEncoder(triples, 16, layers=2)
    assert float(encoder.edges.gather.matrix.values().sum()) == 2 * len(triples.training)
    found = pretrain(triples, replace(QUICK, epochs=100, decoder="rotate"), 0, lambda: RelationalEncoder(triples, 16))
    assert found.test.mrr > 2 * found.test.chance
    assert any(name.startswith("encoder.layers") for name, _ in found.model.named_parameters())


def test_vectors_can_start_from_features_of_another_width():
    triples = _clock()
    found = pretrain(triples, replace(QUICK, epochs=2), 0, lambda: nn.Linear(5, 16), start=torch.randn(12, 5))
    assert found.vectors.shape == (12, 16)
    with pytest.raises(ConfigError, match="the decoder needs"):
        pretrain(triples, QUICK, 0, start=torch.randn(12, 5))


def test_the_epoch_that_validation_liked_best_is_kept_and_training_stops_early():
    found = pretrain(_clock(), replace(QUICK, decoder="rotate", epochs=400, look_every=1, patience=3), seed=0)
    assert 0 < found.epoch < 397
    assert found.validation.mrr >= pretrain(_clock(), replace(QUICK, decoder="rotate", epochs=1), 0).validation.mrr


def test_golden_loss_against_all_and_against_a_sample():
    # Entity numbers 1, 3, 4, 5; (0, 0, 1) and (0, 0, 2) are true, so a sample of false tails has 0 and 3 alone.
    model = LinkPredictor(make_decoder("distmult", 1, 1), 4, start=torch.tensor([[1.0], [3.0], [4.0], [5.0]]))
    torch.nn.init.ones_(model.decoder.weights)
    triples = torch.tensor([[0, 0, 1], [0, 0, 2]])
    known, asked = Known.of(triples, 4, 1), questions(triples, 1)[:1]
    terms = torch.tensor([1.0, 3.0, 4.0, 5.0]).exp()
    assert model.loss(asked, known, None).item() == pytest.approx(float(-(terms[1] / terms.sum()).log()))
    torch.manual_seed(0)
    sampled = model.loss(asked, known, 2000).item()
    assert sampled == pytest.approx(float(-(terms[1] / (terms[1] + 1000 * (terms[0] + terms[3]))).log()), abs=0.1)


def test_one_relation_alone_can_be_learned_and_two_entities_are_enough():
    triples = Triples.of_names([("a", "r", "b")], [("a", "r", "b")], [])
    found = pretrain(triples, QUICK, 0)
    assert found.validation.mrr == 1.0
    assert found.test is None


def test_no_validation_and_losses_that_are_no_numbers_stop_with_the_place():
    triples = _clock()
    with pytest.raises(DataRefusedError, match="no triple to rank"):
        pretrain(replace(triples, validation=triples.validation[:0]), QUICK, 0)
    start = torch.full((12, 16), torch.nan)
    with pytest.raises(TrainingError, match=r"not finite \(epoch 1\)"):
        pretrain(triples, QUICK, 0, start=start)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch": 0},
        {"negatives": 0},
        {"patience": 0},
        {"learning_rate": 0.0},
        {"weight_decay": -1},
        {"dropout": 1.0},
    ],
)
def test_settings_without_meaning_are_refused(wrong):
    with pytest.raises(ConfigError):
        Pretraining(**wrong)
