import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.pretraining.decoders import DECODERS, make_decoder
from cdkd_kg.teachers.pretraining.decoders.complex import ComplEx
from cdkd_kg.teachers.pretraining.decoders.distmult import DistMult
from cdkd_kg.teachers.pretraining.decoders.rotate import RotatE

SEEDS = st.integers(0, 2**32 - 1)
NAMES = pytest.mark.parametrize("name", DECODERS)


def _random(name, seed, relations=3, width=6, count=5):
    torch.manual_seed(seed)
    decoder = make_decoder(name, relations, width).double()
    heads, tails = torch.randn(2, count, width, dtype=torch.double)
    return decoder, heads, torch.randint(relations, (count,)), tails


def _set(decoder, **values):
    with torch.no_grad():
        for name, value in values.items():
            getattr(decoder, name).copy_(torch.tensor(value))
    return decoder


def _score(decoder, head, relation, tail):
    return float(decoder.score(torch.tensor([head]), torch.tensor([relation]), torch.tensor([tail])).detach())


def test_golden_number_of_distmult():
    decoder = _set(DistMult(2, 3), weights=[[9.0, 9.0, 9.0], [1.0, -2.0, 0.5]])
    assert _score(decoder, [1.0, 2.0, 4.0], 1, [3.0, 1.0, 2.0]) == 1 * 1 * 3 - 2 * 2 * 1 + 4 * 0.5 * 2


def test_golden_number_of_complex():
    # h = (1 + 2i, 3), r = (2 - i, i), t = (1 + i, 2 - i): h r = (4 + 3i, 3i), times conj(t) = (7 - i, -3 + 6i)
    decoder = _set(ComplEx(1, 4), weights=[[2.0, 0.0, -1.0, 1.0]])
    assert _score(decoder, [1.0, 3.0, 2.0, 0.0], 0, [1.0, 2.0, 1.0, -1.0]) == 7 - 3


def test_golden_number_of_rotate():
    # A quarter turn of 1 + 2i is -2 + i, which is 3 - 4i away from 1 - 3i; half a turn of 3 is -3, 12i from -3 + 12i.
    decoder = _set(RotatE(1, 4), angles=[[torch.pi / 2, torch.pi]])
    assert _score(decoder, [1.0, 3.0, 2.0, 0.0], 0, [1.0, -3.0, -3.0, 12.0]) == pytest.approx(-13)


@NAMES
@given(seed=SEEDS)
def test_asking_for_the_head_gives_the_triple_the_same_score(name, seed):
    decoder, heads, relations, tails = _random(name, seed)
    backwards = decoder.compare(decoder.question(tails, relations + 3), heads.unsqueeze(1)).squeeze(1)
    torch.testing.assert_close(backwards, decoder.score(heads, relations, tails))


@NAMES
@given(seed=SEEDS)
def test_all_answers_at_once_get_the_scores_they_get_alone(name, seed):
    decoder, heads, relations, tails = _random(name, seed)
    questions = decoder.question(heads, relations)
    alone = torch.stack([decoder.score(heads, relations, tail.expand_as(heads)) for tail in tails], dim=1)
    torch.testing.assert_close(decoder.compare(questions, tails), alone)
    torch.testing.assert_close(decoder.compare(questions, tails.expand(len(heads), *tails.shape)), alone)


@given(seed=SEEDS)
def test_distmult_is_symmetric_and_the_others_are_not(seed):
    for name in DECODERS:
        decoder, heads, relations, tails = _random(name, seed)
        same = torch.isclose(decoder.score(heads, relations, tails), decoder.score(tails, relations, heads))
        assert bool(same.all()) == (name == "distmult")


@given(seed=SEEDS)
def test_a_conjugate_relation_of_complex_swaps_head_and_tail(seed):
    decoder, heads, relations, tails = _random("complex", seed)
    forwards = decoder.score(heads, relations, tails)
    with torch.no_grad():
        decoder.weights[:, 3:] *= -1
    torch.testing.assert_close(decoder.score(tails, relations, heads), forwards)


@given(seed=SEEDS)
def test_a_rotation_keeps_every_modulus_and_is_undone_backwards(seed):
    decoder, heads, relations, _ = _random("rotate", seed)
    turned = decoder.question(heads, relations)
    torch.testing.assert_close(torch.hypot(*turned.chunk(2, 1)), torch.hypot(*heads.chunk(2, 1)))
    torch.testing.assert_close(decoder.question(turned, relations + 3), heads)
    assert (decoder.score(heads, relations, turned).detach().abs() < 1e-5).all()


@NAMES
def test_gradients_are_those_of_the_formula_and_finite_where_a_rotation_fits(name):
    decoder, heads, relations, tails = _random(name, 0)
    parameters = tuple(decoder.parameters())
    assert torch.autograd.gradcheck(
        lambda h, t, *_: decoder.score(h, relations, t), (heads.requires_grad_(), tails.requires_grad_(), *parameters)
    )
    decoder.score(heads, relations, decoder.question(heads, relations)).sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in parameters)


@pytest.mark.parametrize(("name", "width"), [("complx", 4), ("complex", 3), ("rotate", 5), ("distmult", 0)])
def test_unknown_names_and_odd_widths_are_refused(name, width):
    with pytest.raises(ConfigError, match="complex'" if name == "complx" else f"vectors of {width} numbers"):
        make_decoder(name, 2, width)
