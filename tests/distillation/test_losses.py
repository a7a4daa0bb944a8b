import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.config import LossesConfig
from cdkd_kg.distillation.losses.batch import LossBatch
from cdkd_kg.distillation.losses.combine import CombinedLoss, make_losses
from cdkd_kg.distillation.losses.document_relations import DocumentRelationsLoss
from cdkd_kg.distillation.losses.hard_label import HardLabelLoss
from cdkd_kg.distillation.losses.hidden_states import HiddenStatesLoss
from cdkd_kg.distillation.losses.logits import LogitsLoss

EVERY = [HardLabelLoss(), LogitsLoss(2.0), HiddenStatesLoss(4, 4), DocumentRelationsLoss()]
FROM_TEACHER = EVERY[1:]


def batch(rows=5, classes=3, seed=0, multi_label=False, **changes):
    torch.manual_seed(seed)
    one_hot = torch.eye(classes)[torch.arange(rows) % classes]
    values = {
        "student_logits": torch.randn(rows, classes, requires_grad=True),
        "student_hidden": torch.randn(rows, 4, requires_grad=True),
        "targets": torch.where(torch.arange(rows)[:, None] < 2, one_hot, -1.0),
        "teacher_logits": torch.randn(rows, classes),
        "teacher_hidden": torch.randn(rows, 4),
        "teacher_embedding": torch.randn(rows, 6),
        "weight": torch.rand(rows) + 0.1,
    }
    return LossBatch(**values | changes, multi_label=multi_label)


def test_golden_values():
    two = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    golden = LossBatch(two, two, torch.tensor([[1.0, 0.0], [-1.0, -1.0]]), two.flip(1), two, two.flip(0), None, False)
    assert float(HardLabelLoss()(golden)) == pytest.approx(0.313262, abs=1e-6)
    assert float(LogitsLoss(1.0)(golden)) == pytest.approx(0.462117, abs=1e-6)
    assert float(LogitsLoss(2.0)(golden)) == pytest.approx(0.489837, abs=1e-6)
    assert float(HiddenStatesLoss(2, 2)(golden)) == pytest.approx(0.0, abs=1e-6)
    assert float(DocumentRelationsLoss()(golden)) == pytest.approx(0.0, abs=1e-6)
    apart = LossBatch(two, two, two, two, two, torch.ones(2, 3), None, False)
    assert float(DocumentRelationsLoss()(apart)) == pytest.approx(1.0, abs=1e-6)


@given(st.integers(0, 1000), st.floats(0.5, 10), st.booleans())
def test_agreeing_with_the_teacher_is_the_minimum_of_the_logits_loss(seed, temperature, multi_label):
    made = batch(seed=seed, multi_label=multi_label)
    agreed = batch(seed=seed, multi_label=multi_label, student_logits=made.teacher_logits.clone().requires_grad_())
    loss = LogitsLoss(temperature)(agreed)
    assert float(loss) == pytest.approx(0, abs=1e-5)
    assert float(LogitsLoss(temperature)(made)) >= -1e-6
    loss.backward()
    assert agreed.student_logits.grad.abs().max() < 1e-5


@given(st.integers(0, 1000), st.permutations(range(5)))
def test_the_order_of_documents_does_not_matter(seed, order):
    made = batch(seed=seed)
    names = (
        "student_logits",
        "student_hidden",
        "targets",
        "teacher_logits",
        "teacher_hidden",
        "teacher_embedding",
        "weight",
    )
    turned = LossBatch(**{name: getattr(made, name)[list(order)] for name in names}, multi_label=False)
    for loss in EVERY:
        assert float(loss(made)) == pytest.approx(float(loss(turned)), abs=1e-5)


@given(st.floats(0.1, 50), st.integers(0, 100))
def test_cosine_losses_do_not_depend_on_the_length_of_vectors(scale, seed):
    made = batch(seed=seed)
    scaled = batch(
        seed=seed, teacher_hidden=made.teacher_hidden * scale, teacher_embedding=made.teacher_embedding * scale
    )
    for loss in (HiddenStatesLoss(4, 4), DocumentRelationsLoss()):
        assert float(loss(made)) == pytest.approx(float(loss(scaled)), abs=1e-5)


@pytest.mark.parametrize("multi_label", [False, True])
def test_only_labelled_rows_count_and_a_batch_without_one_gives_zero_not_nan(multi_label):
    made = batch(multi_label=multi_label)
    altered = batch(
        multi_label=multi_label, student_logits=torch.where(made.targets >= 0, made.student_logits.detach(), 99.0)
    )
    assert float(HardLabelLoss()(made)) == pytest.approx(float(HardLabelLoss()(altered)))
    empty = batch(targets=torch.full((5, 3), -1.0))
    loss = HardLabelLoss()(empty)
    loss.backward()
    assert float(loss) == 0
    assert empty.student_logits.grad.abs().sum() == 0


def test_a_document_of_weight_zero_says_nothing():
    weight = torch.tensor([1.0, 1, 1, 1, 0])
    made = batch(weight=weight)
    changed = made.teacher_logits.clone()
    changed[4] = 50.0 * torch.tensor([1.0, -1, 0])
    assert float(LogitsLoss(2.0)(made)) == pytest.approx(
        float(LogitsLoss(2.0)(batch(weight=weight, teacher_logits=changed)))
    )
    assert float(LogitsLoss(2.0)(batch(weight=torch.zeros(5)))) == 0


@pytest.mark.parametrize("loss", FROM_TEACHER, ids=lambda loss: type(loss).__name__)
def test_silent_failures_are_refused(loss):
    nothing = dict.fromkeys(("teacher_logits", "teacher_hidden", "teacher_embedding"))
    with pytest.raises(ValueError, match="needs the teacher"):
        loss(batch(**nothing))
    with pytest.raises(ValueError, match="1 rows for a batch of 5"):
        loss(
            batch(teacher_logits=torch.ones(1, 3), teacher_hidden=torch.ones(1, 4), teacher_embedding=torch.ones(1, 6))
        )
    broken = {name: torch.full((5, width), float("nan")) for name, width in zip(nothing, (3, 4, 6), strict=True)}
    with pytest.raises(ValueError, match="not finite"):
        loss(batch(**broken))


def test_narrow_logits_and_a_bad_temperature_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        LogitsLoss(2.0)(batch(teacher_logits=torch.ones(5, 1)))
    with pytest.raises(ValueError, match="differ in shape"):
        HardLabelLoss()(batch(targets=torch.ones(5, 1)))
    for temperature in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="positive and finite"):
            LogitsLoss(temperature)


def test_the_sum_has_its_weights_and_only_what_is_switched_on():
    losses = make_losses(LossesConfig(hard_label=2, logits=0, hidden_states=0, document_relations=1), 4, 4)
    total, parts = losses(batch())
    assert sorted(parts) == ["document_relations", "hard_label"]
    assert float(total) == pytest.approx(2 * float(parts["hard_label"]) + float(parts["document_relations"]))
    with pytest.raises(ValueError, match="must be the same"):
        CombinedLoss({"hard_label": HardLabelLoss()}, {})


def test_a_projection_appears_only_where_widths_differ_and_is_trained():
    assert not list(make_losses(LossesConfig(), 4, 4).parameters())
    losses = make_losses(LossesConfig(), 4, 7)
    losses(batch(teacher_hidden=torch.randn(5, 7)))[0].backward()
    assert next(losses.parameters()).grad.abs().sum() > 0
