import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.errors import DataRefusedError, TrainingError
from cdkd_kg.teachers.pretraining import ranking as module
from cdkd_kg.teachers.pretraining.decoders import DECODERS, make_decoder
from cdkd_kg.teachers.pretraining.decoders.distmult import DistMult
from cdkd_kg.teachers.pretraining.known import Known, questions
from cdkd_kg.teachers.pretraining.negatives import false_answers
from cdkd_kg.teachers.pretraining.ranking import ranking, ranks

NOTHING = torch.empty(0, 3, dtype=torch.long)
TRIPLES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=30)


def _places(*pairs):
    return tuple(torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T)


def _rank(scores, answer, *others):
    rank, among = ranks(torch.tensor([scores]), torch.tensor([answer]), _places(*((0, other) for other in others)))
    return float(rank), float(among)


def test_golden_ranks_with_ties_and_filters():
    scores = [0.5, 0.9, 0.5, 0.1, 0.5, 0.7]
    assert _rank(scores, 1) == (1.0, 6)
    assert _rank(scores, 3) == (6.0, 6)
    assert _rank(scores, 0) == (4.0, 6)  # two above, and in the middle of three alike
    assert _rank(scores, 0, 1) == (3.0, 5)  # the best is another right answer
    assert _rank(scores, 0, 1, 2) == (2.5, 4)  # so is one of its equals
    assert _rank(scores, 0, 1, 2, 3, 4, 5) == (1.0, 1)


def test_golden_measures_of_a_small_graph():
    # Scores are products of the entities' numbers. (0, 0, 1): tail 1 has 1 * 3, above it 2 and 3 with 4, which is
    # a right answer elsewhere; head 0 has 3, above it 1, 2 and 3.
    vectors, decoder = torch.tensor([[1.0], [3.0], [4.0], [4.0]]), DistMult(1, 1)
    torch.nn.init.ones_(decoder.weights)
    triples, known = torch.tensor([[0, 0, 1]]), torch.tensor([[0, 0, 1], [0, 0, 2]])
    found = ranking(vectors, decoder, triples, Known.of(known, 4, 1))
    assert found.mrr == pytest.approx((1 / 2 + 1 / 4) / 2)
    assert (found.hits_at_1, found.hits_at_3, found.hits_at_10, found.count) == (0.0, 0.5, 1.0, 2)
    assert found.chance == pytest.approx(((1 + 1 / 2 + 1 / 3) / 3 + (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4) / 2)


@pytest.mark.parametrize("name", DECODERS)
def test_a_dead_encoder_shows(name):
    triples = torch.tensor([[0, 0, 1], [2, 0, 3], [1, 0, 4]])
    found = ranking(torch.zeros(9, 4), make_decoder(name, 1, 4), triples, Known.of(triples, 9, 1))
    assert found.mrr == pytest.approx(0.2)
    assert found.mrr < found.chance == pytest.approx(sum(1 / rank for rank in range(1, 10)) / 9)
    assert found.hits_at_3 == 0


def test_random_scores_have_the_measures_of_chance():
    torch.manual_seed(0)
    triples = torch.stack([torch.arange(2000), torch.zeros(2000, dtype=torch.long), torch.randperm(2000)], dim=1)
    found = ranking(torch.randn(2000, 64), make_decoder("complex", 1, 64), triples, Known.of(triples, 2000, 1))
    assert found.mrr == pytest.approx(found.chance, rel=0.3)


@given(rows=TRIPLES, seed=st.integers(0, 2**32 - 1), cells=st.integers(1, 200))
def test_ranks_are_those_of_a_loop_over_triples_whatever_the_batch(rows, seed, cells):
    torch.manual_seed(seed)
    triples, decoder, vectors = torch.tensor(rows), make_decoder("complex", 3, 4), torch.randint(-1, 2, (6, 4)).float()
    with torch.no_grad():
        decoder.weights.copy_(torch.randint(-1, 2, decoder.weights.shape))  # whole numbers: scores tie exactly
    before, module.CELLS = module.CELLS, cells
    try:
        found = ranking(vectors, decoder, triples, Known.of(triples, 6, 3))
    finally:
        module.CELLS = before
    assert found.mrr == pytest.approx(sum(1 / rank for rank in _slow(vectors, decoder, rows)) / found.count)


def _slow(vectors, decoder, rows):
    def score(head, relation, tail):
        return float(decoder.score(vectors[[head]], torch.tensor([relation]), vectors[[tail]]).detach())

    for h, r, t in rows:
        for mine, corrupted in ((t, lambda v, h=h, r=r: (h, r, v)), (h, lambda v, r=r, t=t: (v, r, t))):
            rest = [score(*corrupted(v)) for v in range(6) if v != mine and corrupted(v) not in set(rows)]
            yield 1 + sum(s > score(h, r, t) for s in rest) + sum(s == score(h, r, t) for s in rest) / 2


@given(rows=TRIPLES)
def test_known_answers_are_those_of_the_triples(rows):
    triples = torch.tensor(rows)
    known, asked = Known.of(triples, 6, 3), questions(triples, 3)
    expected = {
        (place, v)
        for place, (entity, relation, _) in enumerate(asked.tolist())
        for v in range(6)
        if ((entity, relation, v) if relation < 3 else (v, relation - 3, entity)) in set(rows)
    }
    assert set(zip(*(part.tolist() for part in known.right(asked)), strict=True)) == expected
    holds = known.holds(asked, torch.arange(6).expand(len(asked), 6))
    assert set(map(tuple, holds.nonzero().tolist())) == expected
    assert {(place, v) for place, v in expected if asked[place, 2] != v} == set(
        zip(*(part.tolist() for part in known.others(asked)), strict=True)
    )


@given(rows=TRIPLES, seed=st.integers(0, 2**32 - 1))
def test_no_false_answer_is_true_and_what_could_not_be_helped_is_masked(rows, seed):
    torch.manual_seed(seed)
    triples = torch.tensor(rows)
    known, asked = Known.of(triples, 6, 3), questions(triples, 3)
    answers, masked = false_answers(asked, known, 4)
    assert answers.shape == masked.shape == (len(asked), 4)
    assert torch.equal(known.holds(asked, answers), masked)


def test_false_answers_are_drawn_alike_from_all_that_is_not_true():
    torch.manual_seed(0)
    triples = torch.tensor([[0, 0, 1], [0, 0, 3]])
    answers, masked = false_answers(questions(triples, 1)[:1], Known.of(triples, 5, 1), 30_000)
    counts = torch.bincount(answers[~masked], minlength=5)
    assert counts[1] == counts[3] == 0
    assert all(abs(int(count) - 10_000) < 5 * math.sqrt(10_000) for count in counts[[0, 2, 4]])


def test_where_everything_is_true_nothing_is_false():
    triples = torch.tensor([[0, 0, 0], [0, 0, 1]])
    _, masked = false_answers(questions(triples, 1)[:2], Known.of(triples, 2, 1), 3)
    assert masked.all()


def test_an_empty_part_and_scores_that_are_no_numbers_are_refused():
    decoder, known = make_decoder("rotate", 1, 2), Known.of(torch.tensor([[0, 0, 1]]), 2, 1)
    with pytest.raises(DataRefusedError, match="no triple to rank"):
        ranking(torch.ones(2, 2), decoder, NOTHING, known)
    with pytest.raises(TrainingError, match="not finite"):
        ranking(torch.full((2, 2), torch.nan), decoder, torch.tensor([[0, 0, 1]]), known)
