from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.config import DomainConfig
from cdkd_kg.corpus.limit import within_limits
from cdkd_kg.corpus.rows import Row
from tests.corpus.helpers import row

ROWS = [
    row(f"r{i}", labels=("rare",) if i == 0 else ("often",), split="test" if i % 4 == 3 else "train", order=i)
    for i in range(40)
]


def limited(of: list[Row], seed: int = 0, **fields: Any) -> tuple[set[str], int]:
    domain = DomainConfig.model_validate({"task": "t", "source": {"path": "f"}} | fields)
    kept, aside = within_limits(of, domain, seed)
    assert {found.rule for found in aside} <= {"over-row-limit"}
    return {found.id for found in kept}, len(aside)


@given(st.integers(0, 35), st.integers(0, 12), st.integers(0, 5), st.randoms())
def test_a_limit_keeps_so_many_whatever_the_order(train: int, test: int, seed: int, random: Any) -> None:
    rows = ROWS.copy()
    random.shuffle(rows)
    limits = {"train": train, "test": test}
    kept, dropped = limited(rows, seed, rows=limits)
    assert kept == limited(ROWS, seed, rows=limits)[0]
    assert len(kept) == min(train, 30) + min(test, 10) == len(ROWS) - dropped


@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from(["source", "target"]))
def test_a_larger_limit_keeps_what_a_smaller_one_kept(small: int, large: int, role: str) -> None:
    small, large = sorted((small, large))
    assert limited(ROWS, rows={"train": small}, role=role)[0] <= limited(ROWS, rows={"train": large}, role=role)[0]


def test_a_rare_label_of_a_source_survives() -> None:
    for seed in range(10):
        assert "r0" in limited(ROWS, seed, rows={"train": 3})[0]


def test_hidden_labels_of_a_target_do_not_steer_the_drawing() -> None:
    swapped = [row(found.id, labels=("often",), split=found.split, order=found.order) for found in ROWS]
    limits = {"rows": {"train": 5, "validation": 5}, "role": "target"}
    assert limited(ROWS, **limits) == limited(swapped, **limits)
