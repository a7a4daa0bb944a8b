"""Each loss against its formula, written out in NumPy, and against numbers that were worked out by hand."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.special import log_softmax, rel_entr, softmax

from cdkd_kg.distillation.losses.batch import LossBatch
from cdkd_kg.distillation.losses.decoupled import DecoupledLoss
from cdkd_kg.distillation.losses.document_relations import DocumentRelationsLoss
from cdkd_kg.distillation.losses.hard_label import HardLabelLoss
from cdkd_kg.distillation.losses.hidden_states import HiddenStatesLoss
from cdkd_kg.distillation.losses.jensen_shannon import JensenShannonLoss
from cdkd_kg.distillation.losses.logits import LogitsLoss
from cdkd_kg.distillation.losses.reverse_logits import ReverseLogitsLoss
from cdkd_kg.distillation.losses.standardised_logits import StandardisedLogitsLoss
from tests.distillation.losses.batches import EVERY, batch

MADE = batch()
S, T = MADE.student_logits.detach().numpy().astype(float), MADE.teacher_logits.numpy().astype(float)
H, E = MADE.student_hidden.detach().numpy().astype(float), MADE.teacher_embedding.numpy().astype(float)
W = MADE.weight.numpy().astype(float)


def mean(values):
    return float((np.asarray(values) * W).sum() / W.sum())


def value(loss, made=MADE):
    return float(loss(made).detach())


def test_hand_worked_numbers():
    two = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    golden = LossBatch(two, two, torch.tensor([[1.0, 0.0], [-1.0, -1.0]]), two.flip(1), two, two.flip(0), None, False)
    assert value(HardLabelLoss(), golden) == pytest.approx(0.313262, abs=1e-6)
    assert value(LogitsLoss(1.0), golden) == pytest.approx(0.462117, abs=1e-6)
    assert value(LogitsLoss(2.0), golden) == pytest.approx(0.489837, abs=1e-6)
    assert value(ReverseLogitsLoss(1.0), golden) == pytest.approx(0.462117, abs=1e-6)
    assert value(HiddenStatesLoss(2, 2), golden) == pytest.approx(0.0, abs=1e-6)
    assert value(DocumentRelationsLoss(), golden) == pytest.approx(0.0, abs=1e-6)
    apart = LossBatch(two, two, two, two, two, torch.ones(2, 3), None, False)
    assert value(DocumentRelationsLoss(), apart) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("t", [1.0, 3.0])
def test_divergences(t):
    p, q = softmax(T / t, axis=1), softmax(S / t, axis=1)
    forward, reverse = rel_entr(p, q).sum(1), rel_entr(q, p).sum(1)
    assert value(LogitsLoss(t)) == pytest.approx(t**2 * mean(forward), rel=1e-5)
    assert value(ReverseLogitsLoss(t)) == pytest.approx(t**2 * mean(reverse), rel=1e-5)
    assert value(JensenShannonLoss(t)) == pytest.approx(t**2 * mean(jensenshannon(p, q, axis=1) ** 2), rel=1e-5)
    for beta, limit in ((1e-4, forward / 1), (1 - 1e-4, reverse)):
        share = min(beta, 1 - beta)
        assert value(JensenShannonLoss(t, beta)) / share == pytest.approx(t**2 * mean(limit), rel=0.02)


def test_independent_labels_are_bernoulli_variables():
    made = batch(multi_label=True)
    p, q = (1 / (1 + np.exp(-z / 2)) for z in (T, S))
    terms = rel_entr(p, q) + rel_entr(1 - p, 1 - q)
    assert value(LogitsLoss(2.0), made) == pytest.approx(4 * mean(terms.mean(1)), rel=1e-5)


@pytest.mark.parametrize("t", [1.0, 4.0])
def test_decoupled_is_the_logits_loss_where_its_weights_are_the_teachers(t):
    p, q = softmax(T / t, axis=1), softmax(S / t, axis=1)
    y = np.array([0, 1, *T[2:].argmax(1)])  # two are labelled
    rows = np.arange(5)
    pair = [np.stack([one[rows, y], 1 - one[rows, y]], 1) for one in (p, q)]
    rest = [np.stack([np.delete(one[row], y[row]) / (1 - one[row, y[row]]) for row in rows]) for one in (p, q)]
    target, others = rel_entr(*pair).sum(1), rel_entr(*rest).sum(1)
    assert value(DecoupledLoss(t, 2.0, 3.0)) == pytest.approx(t**2 * mean(2 * target + 3 * others), rel=1e-5)
    together = target + (1 - p[rows, y]) * others
    assert value(LogitsLoss(t)) == pytest.approx(t**2 * mean(together), rel=1e-5)


def test_standardised_logits_forget_place_and_scale():
    z, u = ((one - one.mean(1, keepdims=True)) / one.std(1, keepdims=True) / 2 for one in (T, S))
    expected = 4 * mean(rel_entr(softmax(z, axis=1), softmax(u, axis=1)).sum(1))
    assert value(StandardisedLogitsLoss(2.0)) == pytest.approx(expected, rel=1e-4)
    moved = batch(teacher_logits=MADE.teacher_logits * 9 + 4)
    assert value(StandardisedLogitsLoss(2.0), moved) == pytest.approx(expected, rel=1e-4)


def huber(a, b):
    gap = np.abs(a - b)
    return np.where(gap < 1, gap**2 / 2, gap - 0.5).mean()


def test_distances_and_angles():
    def distances(x):
        found = np.array([np.linalg.norm(x[i] - x[j]) for i, j in itertools.combinations(range(5), 2)])
        return found / found.mean()

    def angles(x):
        def side(i, j):
            return (x[i] - x[j]) / np.linalg.norm(x[i] - x[j])

        return np.array([side(i, j) @ side(k, j) for i, j, k in itertools.permutations(range(5), 3)])

    assert value(EVERY["distance_relations"]) == pytest.approx(huber(distances(H), distances(E)), rel=1e-5)
    assert value(EVERY["angle_relations"]) == pytest.approx(huber(angles(H), angles(E)), rel=1e-5)


def test_similarities_and_alignment():
    def rows(x):
        gram = x @ x.T
        return gram / np.linalg.norm(gram, axis=1, keepdims=True)

    assert value(EVERY["similarity_preserving"]) == pytest.approx(((rows(H) - rows(E)) ** 2).sum() / 25, rel=1e-5)
    h, e = H - H.mean(0), E - E.mean(0)
    alignment = (np.linalg.norm(h.T @ e) ** 2) / (np.linalg.norm(h.T @ h) * np.linalg.norm(e.T @ e))
    assert value(EVERY["cka"]) == pytest.approx(1 - alignment, rel=1e-5)


def test_contrast_leaves_out_those_that_are_known_to_be_alike():
    loss = EVERY["contrastive"]
    targets = torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 1, 0], [-1, -1, -1], [-1, -1, -1]])
    u, v = (x @ layer.weight.detach().numpy().T.astype(float) for x, layer in ((H, loss.student), (E, loss.teacher)))
    near = (u / np.linalg.norm(u, axis=1, keepdims=True)) @ (v / np.linalg.norm(v, axis=1, keepdims=True)).T / 0.07
    near[0, 1] = near[1, 0] = -np.inf
    expected = mean(-np.diag(log_softmax(near, axis=1)))
    assert value(loss, batch(targets=targets)) == pytest.approx(expected, rel=1e-4)


def masked_mean(values, mask):
    return (values * mask).sum(1) / mask.sum(1)


def test_token_losses():
    student, teacher, mask = MADE.student_tokens, MADE.teacher_tokens, MADE.teacher_tokens.mask.numpy()
    mine, theirs = ([x.detach().numpy().astype(float) for x in one.layers] for one in (student, teacher))
    gaps = ((mine[0] - theirs[0]) ** 2).mean(-1) / 2 + ((mine[1] - theirs[2]) ** 2).mean(-1) / 2
    assert value(EVERY["layer_states"]) == pytest.approx(mean(masked_mean(gaps, mask)), rel=1e-5)

    def relations(first, second):
        a, b = (x.detach().numpy().astype(float).reshape(5, 6, 4, 2).transpose(0, 2, 1, 3) for x in (first, second))
        scores = a @ b.transpose(0, 1, 3, 2) / np.sqrt(2)
        return softmax(np.where(mask[:, None, None, :] == 1, scores, -1e30), axis=-1)

    for name, parts in (("attention", (0, 1)), ("value_relations", (2, 2))):
        p, q = (relations(*(one.attention[part] for part in parts)) for one in (teacher, student))
        assert value(EVERY[name]) == pytest.approx(mean(masked_mean(rel_entr(p, q).sum(-1).mean(1), mask)), rel=1e-4)


@pytest.mark.parametrize("decoder", ["student_tokens", "teacher_tokens"])
def test_a_token_of_a_decoder_is_compared_on_what_comes_before_it(decoder):
    made = replace(MADE, **{decoder: replace(getattr(MADE, decoder), causal=True)})
    seen = (MADE.teacher_tokens.mask.numpy()[:, None, None, :] == 1) & np.tril(np.ones((6, 6), bool))

    def attention(tokens):
        queries, keys = (
            x.detach().numpy().astype(float).reshape(5, 6, 4, 2).transpose(0, 2, 1, 3) for x in tokens.attention[:2]
        )
        return softmax(np.where(seen, queries @ keys.transpose(0, 1, 3, 2) / np.sqrt(2), -1e30), axis=-1)

    terms = rel_entr(attention(MADE.teacher_tokens), attention(MADE.student_tokens)).sum(-1).mean(1)
    expected = mean(masked_mean(terms, MADE.teacher_tokens.mask.numpy()))
    assert value(EVERY["attention"], made) == pytest.approx(expected, rel=1e-4)
    assert value(EVERY["attention"], made) != pytest.approx(value(EVERY["attention"]), rel=1e-2)
    assert value(EVERY["value_relations"], made) == value(EVERY["value_relations"])


def test_entities_draw_the_tokens_of_their_mentions():
    loss, states = EVERY["entity_alignment"], MADE.student_tokens.layers[-1].detach().numpy().astype(float)
    means = [states[0, :2].mean(0), states[0, 2], states[4, 1:4].mean(0)]
    seen = np.stack(means) @ loss.projection.weight.detach().numpy().T.astype(float)
    vectors = MADE.mentions.vectors.numpy().astype(float)
    cosines = (seen * vectors).sum(1) / np.linalg.norm(seen, axis=1) / np.linalg.norm(vectors, axis=1)
    weights = W[[0, 0, 4]]
    assert value(loss) == pytest.approx(((1 - cosines) * weights).sum() / weights.sum(), rel=1e-4)
