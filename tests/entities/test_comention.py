"""Co-mention counts and NPMI."""

from __future__ import annotations

import math
import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, fisher_exact

from cdkd_kg.entities.comention import SCHEMA, comentions

ROWS = st.lists(st.tuples(st.sampled_from("defghijk"), st.sampled_from("ABCDE")), max_size=40)


def table(rows: list[tuple[str, str]]) -> pa.Table:
    return pa.table(
        {"document": [row[0] for row in rows], "entity": [row[1] for row in rows]},
        schema=pa.schema([("document", pa.string()), ("entity", pa.string())]),
    )


def test_the_formula() -> None:
    rows = [("1", "B"), ("1", "A"), ("2", "A"), ("2", "B"), ("2", "B"), ("3", "A"), ("3", "C")]
    (pair,) = comentions(table(rows), documents=10, min_count=2).to_pylist()
    expected = math.log((2 / 10) / ((3 / 10) * (2 / 10))) / -math.log(2 / 10)
    chance = math.comb(3, 2) / math.comb(10, 2)
    assert pair == {
        "a": "A", "b": "B", "count": 2, "npmi": pytest.approx(expected),
        "p": pytest.approx(chance), "fdr": pytest.approx(chance),
    }  # fmt: skip


def test_the_chance_of_company_is_fishers() -> None:
    rows = [(str(n), "A") for n in range(12)] + [(str(n), "B") for n in range(8, 15)]
    (pair,) = comentions(table(rows), documents=40, min_count=2).to_pylist()
    others = [[4, 3], [8, 25]]
    assert pair["p"] == pytest.approx(fisher_exact(others, alternative="greater").pvalue)
    every = table([(str(n), name) for n in range(5) for name in "AB"])
    assert comentions(every, 5, 2)["p"].to_pylist() == [1.0]


def test_its_ends() -> None:
    together = table([("1", "A"), ("1", "B"), ("2", "A"), ("2", "B")])
    assert comentions(together, 100, 2)["npmi"].to_pylist() == [pytest.approx(1.0)]
    assert comentions(together, 2, 2)["npmi"].to_pylist() == [1.0]
    independent = table([("1", "A"), ("1", "B"), ("2", "A"), ("3", "B")])
    assert comentions(independent, 4, 1)["npmi"].to_pylist() == [pytest.approx(0.0)]
    apart = [(str(place), "A") for place in range(51)] + [(str(place), "B") for place in range(50, 100)]
    assert comentions(table(apart), 100, 1)["npmi"].to_pylist()[0] < -0.6


def test_the_false_discovery_rate_is_benjamini_and_hochbergs_over_all_possible_pairs() -> None:
    chance = random.Random(1)
    rows = [(str(n), name) for n in range(60) for name in "ABCDEFGH" if chance.random() < 0.3]
    pairs = comentions(table(rows), documents=60, min_count=1)
    assert pairs.num_rows == 28
    assert pairs["fdr"].to_pylist() == pytest.approx(false_discovery_control(pairs["p"].to_pylist()).tolist())


def test_independent_entities_keep_no_company_and_planted_ones_do() -> None:
    draw = np.random.default_rng(0)
    share = 0.02 / np.sqrt(1 + np.arange(1500) / 50)
    here = draw.random((2000, 1500)) < share
    rows = [(f"d{document}", f"e{entity}") for document, entity in np.argwhere(here).tolist()]
    kept = kept_pairs(comentions(table(rows), 2000, 2))
    assert len(kept) <= 5
    planted = {(f"p{n}a", f"p{n}b") for n in range(10)}
    rows += [(f"d{document}", name) for pair in planted for document in range(700, 708) for name in pair]
    assert planted <= kept_pairs(comentions(table(rows), 2000, 2))


def kept_pairs(pairs: pa.Table) -> set[tuple[str, str]]:
    return {(row["a"], row["b"]) for row in pairs.to_pylist() if row["fdr"] <= 0.05}


def test_no_rows_no_pairs() -> None:
    assert comentions(table([]), 5, 2).equals(SCHEMA.empty_table())
    assert comentions(table([("1", "A")]), 5, 1).num_rows == 0


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="2 documents have an entity"):
        comentions(table([("1", "A"), ("2", "A")]), 1, 1)
    with pytest.raises(ValueError, match="min_count"):
        comentions(table([]), 1, 0)


@given(ROWS, st.integers(0, 5), st.integers(1, 3))
def test_counts_and_range_against_a_loop(rows: list[tuple[str, str]], more: int, min_count: int) -> None:
    documents = len({document for document, _ in rows}) + more
    mentioned = {entity: {d for d, e in rows if e == entity} for entity in "ABCDE"}
    expected = {
        (a, b): len(mentioned[a] & mentioned[b])
        for a in mentioned
        for b in mentioned
        if a < b and len(mentioned[a] & mentioned[b]) >= min_count
    }
    found = comentions(table(rows), documents, min_count).to_pylist()
    assert {(row["a"], row["b"]): row["count"] for row in found} == expected
    assert [(row["a"], row["b"]) for row in found] == sorted(expected)
    assert all(-1 <= row["npmi"] <= 1 for row in found)


@given(ROWS, st.randoms(use_true_random=False))
def test_row_order_and_names_of_documents_do_not_matter(rows: list[tuple[str, str]], rng: random.Random) -> None:
    names = list("defghijk")
    shuffled = dict(zip(names, rng.sample(names, len(names)), strict=True))
    renamed = [(shuffled[document], entity) for document, entity in rng.sample(rows, len(rows))]
    assert comentions(table(renamed), 8, 1).equals(comentions(table(rows), 8, 1))


@given(ROWS)
def test_it_is_symmetric(rows: list[tuple[str, str]]) -> None:
    mirror = dict(zip("ABCDE", "EDCBA", strict=True))
    pairs = comentions(table(rows), 8, 1).to_pylist()
    mirrored = comentions(table([(document, mirror[entity]) for document, entity in rows]), 8, 1).to_pylist()
    assert {(row["a"], row["b"]): row["npmi"] for row in pairs} == {
        (mirror[row["b"]], mirror[row["a"]]): pytest.approx(row["npmi"]) for row in mirrored
    }
