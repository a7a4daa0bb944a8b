"""The bootstrap says of a resample what scoring that resample says, and does so fast."""

from __future__ import annotations

import time

import numpy as np
import pytest

from cdkd_kg.evaluation.metrics import scores
from cdkd_kg.evaluation.resampling import resampled_scores, resamples
from tests.evaluation.conftest import draw_answers, draw_targets


@pytest.mark.parametrize("several", [False, True])
def test_the_whole_sample_scores_as_it_does_by_itself(several: bool) -> None:
    targets = draw_targets(120, 4, several)
    logits = draw_answers(targets, 1.5, 0, several)
    found = resampled_scores(logits, targets, several, 10, np.ones((1, 120), dtype=np.float32))
    assert {name: values[0] for name, values in found.items()} == pytest.approx(
        scores(logits, targets, several, 10), abs=1e-5
    )


@pytest.mark.parametrize("several", [False, True])
def test_a_resample_scores_as_its_documents_do(several: bool) -> None:
    # Nine classes over 40 documents: some resamples lack a class.
    targets = draw_targets(40, 9, several)
    logits = draw_answers(targets, 1.0, 0, several)
    draws = resamples(40, 5, seed=3)
    found = resampled_scores(logits, targets, several, 7, draws)
    for place, draw in enumerate(draws):
        rows = np.repeat(np.arange(40), draw.astype(int))
        expected = scores(logits[rows], targets[rows], several, 7)
        assert {name: values[place] for name, values in found.items()} == pytest.approx(expected, abs=1e-5)


def test_extreme_logits_are_cut_as_scikit_learn_cuts_them() -> None:
    targets = draw_targets(10, 3, False)
    logits = -200 * targets
    found = resampled_scores(logits, targets, False, 10, np.ones((1, 10), dtype=np.float32))
    assert found["nll"][0] == pytest.approx(scores(logits, targets, False, 10)["nll"], abs=1e-3)


def test_resamples_are_as_large_as_the_sample_and_repeat_by_seed() -> None:
    draws = resamples(50, 200, seed=1)
    assert (draws.sum(axis=1) == 50).all()
    assert np.array_equal(draws, resamples(50, 200, seed=1))
    assert not np.array_equal(draws, resamples(50, 200, seed=2))
    # Each document is drawn once on average; 200 resamples leave a standard error of 0.07.
    assert np.abs(draws.mean(axis=0) - 1).max() < 0.4


def test_a_thousand_resamples_of_two_thousand_documents_and_five_seeds_take_seconds() -> None:
    targets = draw_targets(2000, 20, False)
    answers = [draw_answers(targets, 2.0, seed) for seed in range(5)]
    begin = time.process_time()
    draws = resamples(2000, 1000)
    for logits in answers:
        resampled_scores(logits, targets, False, 15, draws)
    assert time.process_time() - begin < 3
