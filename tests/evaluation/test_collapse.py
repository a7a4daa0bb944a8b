"""Students that always say the same, that agree everywhere, or that distillation made worse, are told."""

from __future__ import annotations

import numpy as np
import pytest

from cdkd_kg.config import CorpusConfig, EvaluationConfig
from cdkd_kg.corpus.build import check_corpus, rows_of
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.corpus.rows import RawRow
from cdkd_kg.evaluation.collapse import student_warnings, told_first

QUICK = EvaluationConfig(bootstrap=200)
TESTED = 40


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    rows = [
        RawRow("f", n, f"r{n}", f"text {n}", ("a", "b")[n % 2], "test" if n < TESTED else "train", "d")
        for n in range(60)
    ]
    domain = {"task": "t", "source": {"path": "x.csv"}}
    config = CorpusConfig(tasks={"t": {"labels": ["a", "b"]}}, domains={"d": domain})
    return check_corpus(config, rows_of({"d": rows}))[0]


def _answers(corpus: Corpus, right: float) -> np.ndarray:
    """Return logits that are right for the first so many documents in a hundred."""
    targets = corpus.targets(corpus.rows("t", "test"), "t")
    turned = np.arange(len(targets)) >= right * len(targets)
    targets[turned] = 1 - targets[turned]
    return targets * 3


def test_good_students_are_not_warned_of(corpus: Corpus) -> None:
    answers = {"no_distillation": {0: _answers(corpus, 0.8)}, "graph_teacher": {0: _answers(corpus, 0.9)}}
    assert student_warnings(corpus, "t", answers, QUICK) == []
    assert told_first([]) == ""


def test_a_student_of_one_answer_is_named_with_how_often(corpus: Corpus) -> None:
    collapsed = np.tile(np.array([[0.0, 1.0]], dtype=np.float32), (TESTED, 1))
    answers = {"text_teacher": {0: _answers(corpus, 0.9), 1: collapsed}}
    (warning,) = student_warnings(corpus, "t", answers, QUICK)
    assert warning == "On d the student of 'text teacher' answers 'b' to every test document in 1 of 2 seeds."


def test_several_students_of_one_answer_share_a_sentence(corpus: Corpus) -> None:
    collapsed = np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (TESTED, 1))
    answers = {name: {0: collapsed} for name in ("text_teacher", "graph_teacher", "shuffled_graph")}
    (warning,) = student_warnings(corpus, "t", answers, QUICK)
    assert "the students of 'text teacher', 'graph teacher' and 'shuffled graph' answer 'a' to every" in warning


def test_two_students_of_the_same_answers_are_named(corpus: Corpus) -> None:
    same = _answers(corpus, 0.8)
    answers = {"text_teacher": {0: same}, "graph_teacher": {0: same * 2}, "shuffled_graph": {0: _answers(corpus, 0.7)}}
    (warning,) = student_warnings(corpus, "t", answers, QUICK)
    assert "'text teacher' and 'graph teacher' give the same answer" in warning


def test_a_student_that_distillation_made_worse_is_named_with_the_numbers(corpus: Corpus) -> None:
    answers = {"no_distillation": {0: _answers(corpus, 1.0)}, "text_teacher": {0: _answers(corpus, 0.5)}}
    (warning,) = student_warnings(corpus, "t", answers, QUICK)
    assert warning.startswith("On d the student of 'text teacher' is clearly worse than the one without distillation")
    assert "\N{MINUS SIGN}50.0 points" in warning


def test_the_first_paragraph_spells_out_three() -> None:
    assert told_first(["One.", "Two."]) == "Beware: One. Two. "
    assert told_first(["One.", "Two.", "Three.", "Four.", "Five."]).endswith("Three. The warnings name 2 more. ")
