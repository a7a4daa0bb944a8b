from __future__ import annotations

import subprocess
import sys
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.corpus.draw import draw_key, stratified_order

STRATA = st.dictionaries(st.text(max_size=4), st.sampled_from("abc"), max_size=40)


@given(STRATA, st.integers(), st.randoms())
def test_the_order_depends_on_names_and_seed_alone(strata: dict[str, str], seed: int, random: object) -> None:
    shuffled = list(strata.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert stratified_order(dict(shuffled), seed) == stratified_order(strata, seed)
    assert sorted(stratified_order(strata, seed)) == sorted(strata)


@given(STRATA, st.integers(0, 5), st.integers(0, 40))
def test_every_prefix_is_in_proportion(strata: dict[str, str], seed: int, count: int) -> None:
    count = min(count, len(strata))
    taken = Counter(strata[name] for name in stratified_order(strata, seed)[:count])
    for stratum, size in Counter(strata.values()).items():
        assert abs(taken[stratum] - count * size / len(strata)) < 2


@given(STRATA, st.integers(0, 5))
def test_cover_puts_one_of_each_stratum_first(strata: dict[str, str], seed: int) -> None:
    kinds = set(strata.values())
    first = stratified_order(strata, seed, cover=True)[: len(kinds)]
    assert {strata[name] for name in first} == kinds


def test_seeds_draw_differently_and_processes_alike() -> None:
    assert draw_key(1, "x") != draw_key(2, "x")
    program = (
        "from cdkd_kg.corpus.draw import stratified_order as s; print(s({str(i): str(i % 3) for i in range(9)}, 7))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
