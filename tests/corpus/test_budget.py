from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkd_kg.corpus.budget import label_budget
from cdkd_kg.corpus.build import check_corpus, rows_of
from cdkd_kg.corpus.corpus import Corpus
from tests.corpus.helpers import corpus_config, raw

LABELS = [["sport"], ["business"], ["business", "sport"], [], None]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    source = {"source": {"path": "in memory"}}
    rows = {
        name: [
            raw(f"{name} {i}", LABELS[i % 5], id=f"{i}", split="test" if i == 39 else "train", domain=name)
            for i in range(40)
        ]
        for name in ("a", "b", "t")
    }
    config = corpus_config({"a": source, "b": source, "t": source | {"role": "target"}}, multi_label=True)
    return check_corpus(config, rows_of(rows))[0]


def budget(corpus: Corpus, count: int | None, seed: int = 0) -> list[str]:
    return label_budget(corpus, "topic", seed, count)


@settings(max_examples=20)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 3))
def test_a_larger_budget_holds_a_smaller_one(corpus: Corpus, small: int, large: int, seed: int) -> None:
    small, large = sorted((small, large))
    drawn = budget(corpus, small, seed)
    assert set(drawn) <= set(budget(corpus, large, seed)) <= set(budget(corpus, None, seed))
    assert drawn == sorted(drawn)


def test_every_domain_and_class_gets_its_share_and_targets_nothing(corpus: Corpus) -> None:
    labels = dict(zip(*(corpus.rows("topic")[name][:] for name in ("id", "label")), strict=True))
    counts = Counter((name[0], label) for name in budget(corpus, 3) for label in labels[name])
    assert set(counts) == {("a", "sport"), ("a", "business"), ("b", "sport"), ("b", "business")}
    assert min(counts.values()) >= 3
    assert len(budget(corpus, 3)) <= 3 * 4


def test_without_a_budget_every_labelled_source_row_is_used(corpus: Corpus) -> None:
    drawn_for_validation = 3
    assert len(budget(corpus, None)) == 2 * (32 - drawn_for_validation)


def test_seeds_draw_different_rows(corpus: Corpus) -> None:
    assert budget(corpus, 3, 0) == budget(corpus, 3, 0) != budget(corpus, 3, 1)
