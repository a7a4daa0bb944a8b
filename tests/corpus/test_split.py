from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.config import SplitConfig
from cdkd_kg.corpus.rows import Row
from cdkd_kg.corpus.split import strata, with_splits
from tests.corpus.helpers import row

CONFIG = SplitConfig()
LABELS = st.sampled_from([None, ("sport",), ("business",), ("business", "sport")])
GIVEN = st.sampled_from([None, "train", "validation", "test"])
GROUPS = st.sampled_from([None, "g", "h", "i"])


def topics(count: int) -> list[Row]:
    return [row(f"r{i}", labels=(("sport",), ("business",))[i % 2]) for i in range(count)]


def splits(rows: list[Row], config: SplitConfig = CONFIG) -> dict[str, str | None]:
    return {found.id: found.split for found in with_splits(rows, config)}


@given(st.lists(st.tuples(LABELS, GIVEN, GROUPS), max_size=30), st.randoms())
def test_splits_do_not_depend_on_the_order_of_rows(
    parts: list[tuple[tuple[str, ...] | None, str | None, str | None]], random: object
) -> None:
    rows = [row(f"r{i}", labels=labels, split=split, group=group) for i, (labels, split, group) in enumerate(parts)]
    before = splits(rows)
    random.shuffle(rows)  # type: ignore[attr-defined]
    assert splits(rows) == before
    assert all(before.values())
    assert all(before[found.id] == found.split for found in rows if found.split in ("validation", "test"))


def test_shares_are_kept_by_label() -> None:
    rows = topics(100)
    counts = Counter((found.labels, found.split) for found in with_splits(rows, CONFIG))
    for labels in (("sport",), ("business",)):
        assert [counts[labels, split] for split in ("train", "validation", "test")] == [35, 5, 10]


def test_another_seed_draws_other_rows() -> None:
    assert splits(topics(50)) != splits(topics(50), SplitConfig(seed=14))


def test_given_splits_stay_and_only_what_is_missing_is_drawn() -> None:
    rows = [row(f"t{i}", split="test") for i in range(5)] + [row(f"r{i}", split="train") for i in range(20)]
    counts = Counter(splits(rows).values())
    assert counts == {"test": 5, "validation": 2, "train": 18}
    assert all(split == "test" for name, split in splits(rows).items() if name.startswith("t"))


def test_rows_without_labels_are_never_drawn() -> None:
    rows = [row(f"u{i}", labels=None) for i in range(50)]
    assert set(splits(rows).values()) == {"train"}


def test_a_label_with_one_row_stays_in_train() -> None:
    for seed in range(20):
        drawn = splits([*topics(10), row("rare", labels=("rare",))], SplitConfig(seed=seed, test=0.5, validation=0.4))
        assert drawn["rare"] == "train"


def test_few_rows_still_give_each_split_one() -> None:
    assert Counter(splits(topics(6)).values()) == {"train": 4, "validation": 1, "test": 1}


@given(st.lists(st.tuples(LABELS, st.integers(0, 6)), max_size=40), st.integers(0, 3))
def test_a_group_is_never_torn(parts: list[tuple[tuple[str, ...] | None, int]], seed: int) -> None:
    rows = [row(f"r{i}", labels=labels, group=str(group)) for i, (labels, group) in enumerate(parts)]
    found: dict[str | None, set[str | None]] = {}
    for drawn in with_splits(rows, SplitConfig(seed=seed)):
        found.setdefault(drawn.group, set()).add(drawn.split)
    assert all(len(splits) == 1 for splits in found.values())


def test_groups_larger_than_a_share_still_give_a_test() -> None:
    rows = [row(f"r{i}", labels=(("sport",), ("business",))[i % 2], group=str(i // 10)) for i in range(50)]
    assert Counter(found.split for found in with_splits(rows, CONFIG)) == {"train": 30, "validation": 10, "test": 10}


def test_the_stratum_of_a_row_is_its_rarest_label() -> None:
    rows = [row("1", labels=("a", "b")), row("2", labels=("a",)), row("3", labels=None), row("4", labels=())]
    assert strata(rows) == ["b", "a", "", ""]
