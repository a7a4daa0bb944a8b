"""A new student takes the place of the old one only where it is shown not to be worse."""

import numpy as np

from cdkd_kg.renewal.judge import ENOUGH, failed, judge


def _logits(right, documents, seed):
    """Return logits of which a share is right; the truth is always the first label."""
    drawn = np.random.default_rng(seed).random(documents) < right
    return np.where(drawn[:, None], [[1.0, 0.0]], [[0.0, 1.0]])


TRUTH = np.array([[1.0, 0.0]])


def _judge(old, new, documents, tolerance=2.0, domain="news"):
    return judge(old, new, np.repeat(TRUTH, documents, 0), [domain] * documents, False, tolerance)


def test_the_same_student_passes_without_a_doubt():
    logits = _logits(0.8, 200, 0)
    (found,) = _judge(logits, logits, 200, tolerance=0.0)
    assert (found.passes, found.difference, found.low, found.high, found.p) == (True, 0, 0, 0, 1.0)


def test_a_worse_one_fails_and_a_better_one_passes():
    worse, better = _logits(0.6, 500, 1), _logits(0.9, 500, 2)
    assert [one.domain for one in failed(_judge(better, worse, 500))] == ["news"]
    assert failed(_judge(worse, better, 500)) == []


def test_what_may_be_worse_fails_though_it_is_not_shown_to_be():
    old, new = _logits(0.8, 100, 3), _logits(0.8, 100, 4)
    (found,) = _judge(old, new, 100)
    assert found.low < -0.02 < found.high
    assert found.passes is False
    assert _judge(old, new, 100, tolerance=100)[0].passes


def test_too_few_documents_show_nothing_but_that_it_is_worse():
    few = ENOUGH - 1
    same = _logits(1.0, few, 0)
    assert _judge(same, same, few)[0].passes is None
    assert _judge(_logits(0.8, few, 3), _logits(0.8, few, 4), few)[0].passes is None
    assert _judge(same, _logits(0.0, few, 0), few)[0].passes is False
    assert _judge(_logits(1.0, ENOUGH, 0), _logits(1.0, ENOUGH, 0), ENOUGH)[0].passes is True


def test_each_domain_is_judged_alone_and_unlabelled_rows_do_not_count():
    old, new = _logits(0.9, 300, 5), _logits(0.9, 300, 5)
    new[200:] = new[200:, ::-1]
    targets = np.repeat(TRUTH, 300, 0)
    targets[:50] = -1
    found = {one.domain: one for one in judge(old, new, targets, ["a"] * 200 + ["b"] * 100, False, 2.0)}
    assert (found["a"].documents, found["a"].passes) == (150, True)
    assert (found["b"].documents, found["b"].passes) == (100, False)
    nothing = judge(old, new, np.full((300, 2), -1.0), ["a"] * 300, False, 2.0)[0]
    assert (nothing.documents, nothing.old, nothing.passes) == (0, None, None)
