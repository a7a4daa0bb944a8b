"""What holds for every loss: order, scale, weights, masks, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkd_kg.distillation.losses.contrastive import ContrastiveLoss
from cdkd_kg.distillation.losses.hard_label import HardLabelLoss
from cdkd_kg.distillation.losses.hidden_states import HiddenStatesLoss
from cdkd_kg.distillation.losses.jensen_shannon import JensenShannonLoss
from cdkd_kg.distillation.losses.layer_states import LayerStatesLoss
from cdkd_kg.distillation.losses.logits import LogitsLoss
from tests.distillation.losses.batches import EVERY, FROM_TEACHER, GEOMETRIC, SOFTENED, TOKENS, batch, turned

PER_DOCUMENT = sorted({*SOFTENED, "hidden_states", *TOKENS})
every = pytest.mark.parametrize("name", sorted(EVERY))


def value(loss, made):
    return float(loss(made).detach())


@every
@settings(max_examples=20)
@given(seed=st.integers(0, 1000), order=st.permutations(range(5)))
def test_the_order_of_documents_does_not_matter(name, seed, order):
    made = batch(seed=seed)
    assert value(EVERY[name], made) == pytest.approx(value(EVERY[name], turned(made, list(order))), abs=1e-5)


@every
def test_it_is_finite_not_negative_and_moves_the_student(name):
    made = batch()
    loss = EVERY[name](made)
    assert torch.isfinite(loss)
    assert loss >= 0
    loss.backward()
    inputs = [made.student_logits, made.student_hidden, *made.student_tokens.layers, *made.student_tokens.attention]
    assert any(one.grad is not None and bool(one.grad.abs().sum() > 0) for one in inputs)


@pytest.mark.parametrize("name", sorted(SOFTENED))
@settings(max_examples=30)
@given(seed=st.integers(0, 1000), temperature=st.floats(0.5, 10), multi_label=st.booleans())
def test_agreeing_with_the_teacher_is_the_minimum(name, seed, temperature, multi_label):
    loss, many = SOFTENED[name](temperature), multi_label and name not in ("decoupled", "standardised_logits")
    made = batch(seed=seed, multi_label=many)
    agreed = batch(seed=seed, multi_label=many, student_logits=made.teacher_logits.clone().requires_grad_())
    at_best = loss(agreed)
    assert float(at_best.detach()) == pytest.approx(0, abs=1e-5)
    assert value(loss, made) >= -1e-6
    at_best.backward()
    assert agreed.student_logits.grad.abs().max() < 1e-4


@pytest.mark.parametrize("name", sorted(GEOMETRIC))
@given(seed=st.integers(0, 100))
@settings(max_examples=20)
def test_a_student_with_the_teachers_geometry_has_nothing_to_learn(name, seed):
    hidden = batch(seed=seed).student_hidden
    made = batch(seed=seed, teacher_embedding=torch.cat([hidden.detach(), torch.zeros(5, 2)], dim=1))
    loss = GEOMETRIC[name](made)
    assert float(loss.detach()) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("name", sorted(TOKENS))
def test_a_student_with_the_teachers_tokens_has_nothing_to_learn(name):
    teacher = batch().teacher_tokens
    loss = LayerStatesLoss({1: 1, 2: 2}, 8, 8) if name == "layer_states" else TOKENS[name]
    layers = teacher.layers if name == "layer_states" else (teacher.layers[0], teacher.layers[2])
    made = batch(student_tokens=replace(teacher, layers=layers))
    assert value(loss, made) == pytest.approx(0, abs=1e-6)


@given(scale=st.floats(0.1, 50), seed=st.integers(0, 100))
@settings(max_examples=30)
def test_losses_of_directions_and_shapes_do_not_depend_on_the_length_of_the_teachers_vectors(scale, seed):
    made = batch(seed=seed)
    scaled = replace(made, teacher_hidden=made.teacher_hidden * scale, teacher_embedding=made.teacher_embedding * scale)
    for name, loss in FROM_TEACHER.items():
        if name in GEOMETRIC or name in ("hidden_states", "contrastive"):
            assert value(loss, made) == pytest.approx(value(loss, scaled), abs=1e-4), name


@pytest.mark.parametrize("name", PER_DOCUMENT)
def test_a_document_of_weight_zero_says_nothing(name):
    weight = torch.tensor([1.0, 1, 1, 1, 0])
    made, loss = batch(weight=weight), EVERY[name]
    said = made.teacher_logits.clone()
    said[4] = 50.0 * torch.tensor([1.0, -1, 0])
    hidden = made.teacher_hidden.clone()
    hidden[4] = -hidden[4]
    states = made.teacher_tokens
    loud = torch.ones(5, 1, 1)
    loud[4] = -9.0
    other = replace(
        states, layers=tuple(x * loud for x in states.layers), attention=tuple(x * loud for x in states.attention)
    )
    changed = replace(made, teacher_logits=said, teacher_hidden=hidden, teacher_tokens=other)
    assert value(loss, made) == pytest.approx(value(loss, changed), abs=1e-6)
    assert value(loss, replace(made, weight=torch.zeros(5))) == 0


@pytest.mark.parametrize("name", sorted(TOKENS))
def test_padding_says_nothing_and_texts_of_nothing_but_padding_give_zero(name):
    made, loss = batch(), TOKENS[name]
    padding = (made.teacher_tokens.mask == 0).unsqueeze(-1)

    def noisy(states):
        return replace(
            states,
            layers=tuple(torch.where(padding, 7.0, x) for x in states.layers),
            attention=tuple(torch.where(padding, 7.0, x) for x in states.attention),
        )

    changed = replace(made, teacher_tokens=noisy(made.teacher_tokens), student_tokens=noisy(made.student_tokens))
    assert value(loss, made) == pytest.approx(value(loss, changed), abs=1e-6)
    nothing = torch.zeros_like(made.teacher_tokens.mask)
    empty = replace(
        made,
        teacher_tokens=replace(made.teacher_tokens, mask=nothing),
        student_tokens=replace(made.student_tokens, mask=nothing),
    )
    assert value(loss, empty) == 0


@pytest.mark.parametrize("multi_label", [False, True])
def test_only_labelled_rows_count_and_a_batch_without_one_gives_zero_not_nan(multi_label):
    made = batch(multi_label=multi_label)
    altered = replace(made, student_logits=torch.where(made.targets >= 0, made.student_logits.detach(), 99.0))
    assert value(HardLabelLoss(), made) == pytest.approx(value(HardLabelLoss(), altered))
    empty = batch(targets=torch.full((5, 3), -1.0))
    loss = HardLabelLoss()(empty)
    loss.backward()
    assert float(loss.detach()) == 0
    assert empty.student_logits.grad.abs().sum() == 0


@pytest.mark.parametrize("name", [*sorted(GEOMETRIC), "contrastive"])
def test_a_batch_of_one_document_gives_zero_with_a_gradient_of_zero(name):
    made = batch(rows=1, targets=torch.full((1, 3), -1.0))
    loss = FROM_TEACHER[name](made)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(0, abs=1e-6)
    assert made.student_hidden.grad.abs().max() < 1e-6


@pytest.mark.parametrize("name", sorted(GEOMETRIC))
@pytest.mark.parametrize("side", ["student_hidden", "teacher_embedding"])
def test_documents_that_cannot_be_told_apart_give_no_nan(name, side):
    made = batch(**{side: torch.ones(5, 4 if side == "student_hidden" else 6).requires_grad_()})
    loss = GEOMETRIC[name](made)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(made.student_hidden.grad).all()


@pytest.mark.parametrize("name", sorted(FROM_TEACHER))
def test_silent_failures_are_refused(name):
    loss, widths = FROM_TEACHER[name], {"teacher_logits": 3, "teacher_hidden": 4, "teacher_embedding": 6}
    with pytest.raises(ValueError, match="needs the teacher"):
        loss(batch(**dict.fromkeys(widths)))
    with pytest.raises(ValueError, match="1 rows for a batch of 5"):
        loss(batch(**{key: torch.ones(1, width) for key, width in widths.items()}))


@pytest.mark.parametrize("name", sorted(EVERY.keys() - {"hard_label"}))
def test_a_teacher_that_is_not_finite_is_refused(name):
    made, widths = batch(), {"teacher_logits": 3, "teacher_hidden": 4, "teacher_embedding": 6}
    nan = {key: torch.full((5, width), float("nan")) for key, width in widths.items()}
    tokens = replace(
        made.teacher_tokens,
        layers=tuple(x * float("nan") for x in made.teacher_tokens.layers),
        attention=tuple(x * float("nan") for x in made.teacher_tokens.attention),
    )
    mentions = replace(made.mentions, vectors=made.mentions.vectors * float("nan"))
    with pytest.raises(ValueError, match="not finite"):
        EVERY[name](replace(made, **nan, teacher_tokens=tokens, mentions=mentions))


@pytest.mark.parametrize("shape", [(5, 1), (1,), (4,)])
def test_a_weight_that_would_broadcast_is_refused(shape):
    with pytest.raises(ValueError, match=r"weight has the shape .* for a batch of 5"):
        batch(weight=torch.ones(shape))


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("name", ["hard_label", *sorted(FROM_TEACHER)])
def test_a_batch_of_nothing_gives_zero_that_can_be_gone_back_through(name, weighted):
    made = batch(rows=0, **{} if weighted else {"weight": None})
    loss = EVERY[name](made)
    loss.backward()
    assert float(loss.detach()) == 0
    assert made.student_logits.grad is not None or made.student_hidden.grad is not None


@pytest.mark.parametrize("name", sorted(SOFTENED))
def test_narrow_logits_and_a_bad_temperature_are_refused(name):
    with pytest.raises(ValueError, match="differ in shape"):
        SOFTENED[name](2.0)(batch(teacher_logits=torch.ones(5, 1)))
    for temperature in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="positive and finite"):
            SOFTENED[name](temperature)


def test_labels_and_options_out_of_place_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        HardLabelLoss()(batch(targets=torch.ones(5, 1)))
    for name in ("decoupled", "standardised_logits"):
        with pytest.raises(ValueError, match="of which one applies"):
            SOFTENED[name](2.0)(batch(multi_label=True))
    with pytest.raises(ValueError, match="with two labels"):
        SOFTENED["standardised_logits"](2.0)(batch(classes=2))
    for beta in (0.0, 1.0):
        with pytest.raises(ValueError, match="between 0 and 1"):
            JensenShannonLoss(2.0, beta)
    with pytest.raises(ValueError, match="positive and finite"):
        ContrastiveLoss(4, 6, temperature=0.0)
    with pytest.raises(ValueError, match="needs a layer"):
        LayerStatesLoss({}, 8, 8)


@pytest.mark.parametrize("name", sorted(TOKENS))
def test_tokens_that_are_not_there_or_not_the_same_are_refused(name):
    made = batch()
    with pytest.raises(ValueError, match="the batch has none"):
        TOKENS[name](replace(made, teacher_tokens=None))
    other = replace(made.teacher_tokens, mask=torch.ones_like(made.teacher_tokens.mask))
    with pytest.raises(ValueError, match="read other tokens"):
        TOKENS[name](replace(made, teacher_tokens=other))


def test_attention_that_is_not_kept_and_heads_that_do_not_divide_are_refused():
    made = batch()
    with pytest.raises(ValueError, match="queries, keys and values"):
        TOKENS["attention"](replace(made, student_tokens=replace(made.student_tokens, attention=None)))
    with pytest.raises(ValueError, match="3 relation heads do not divide"):
        type(TOKENS["attention"])(3)(made)
    with pytest.raises(ValueError, match="linked mentions"):
        EVERY["entity_alignment"](replace(made, mentions=None))


def test_a_softened_loss_of_a_mixed_batch_is_the_weighted_mean_of_its_documents():
    made = batch()
    alone = [
        value(LogitsLoss(2.0), replace(made, **{
            key: getattr(made, key)[row : row + 1] for key in ("student_logits", "teacher_logits", "weight")
        }))
        for row in range(5)
    ]  # fmt: skip
    mean = float((torch.tensor(alone) * made.weight).sum() / made.weight.sum())
    assert value(LogitsLoss(2.0), made) == pytest.approx(mean, rel=1e-5)


def test_hidden_states_of_another_width_are_projected():
    made = batch(teacher_hidden=torch.randn(5, 7))
    loss = HiddenStatesLoss(4, 7)
    loss(made).backward()
    assert next(loss.parameters()).grad.abs().sum() > 0


@pytest.mark.parametrize("name", sorted(GEOMETRIC))
def test_two_documents_at_one_place_do_not_blow_up_the_gradient(name):
    made = batch()
    with torch.no_grad():
        made.student_hidden[1] = made.student_hidden[0]
    GEOMETRIC[name](made).backward()
    assert made.student_hidden.grad.abs().max() < 100


@pytest.mark.parametrize("scale", [1e-8, 1e-3, 1e5, 1e12])
def test_alignment_knows_no_scale_of_either_side(scale):
    made, loss = batch(), GEOMETRIC["cka"]
    for sides in (("student_hidden",), ("teacher_embedding",), ("student_hidden", "teacher_embedding")):
        scaled = replace(made, **{side: getattr(made, side).detach() * scale for side in sides})
        assert value(loss, scaled) == pytest.approx(value(loss, made), rel=1e-5), sides


def test_documents_that_only_rounding_tells_apart_are_alike_to_alignment():
    assert value(GEOMETRIC["cka"], batch(teacher_embedding=torch.full((5, 6), 0.1))) == 0
