from __future__ import annotations

from typing import Any

import pytest

from cdkd_kg.config import DomainConfig, TaskConfig
from cdkd_kg.corpus.labels import LabelError, tally, task_labels

SOURCE = {"path": "rows.csv"}
ONE = TaskConfig(labels=("sport", "business", "NaN", "1"))
MANY = TaskConfig(labels=("sport", "business", "a|b"), multi_label=True)


def labels(value: Any, task: TaskConfig = ONE, mapping: dict[str, str | None] | None = None) -> tuple[str, ...] | None:
    domain = DomainConfig.model_validate({"task": "t", "source": SOURCE, "labels": mapping or {}})
    return task_labels(value, task, domain)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ([], None),
        ("sport", ("sport",)),
        (" sport ", ("sport",)),
        (["sport"], ("sport",)),
        ("NaN", ("NaN",)),
        (1, ("1",)),
        (1.0, ("1",)),
    ],
)
def test_one_label(value: Any, expected: tuple[str, ...] | None) -> None:
    assert labels(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ([], ()),
        ("sport|business", ("business", "sport")),
        ("sport | sport", ("sport",)),
        ("a|b", ("a|b",)),
        (["sport", "a|b"], ("a|b", "sport")),
    ],
)
def test_several_labels(value: Any, expected: tuple[str, ...] | None) -> None:
    assert labels(value, MANY) == expected


@pytest.mark.parametrize(
    ("value", "task", "rule"),
    [
        (float("nan"), ONE, "nan-label"),
        ([float("nan")], MANY, "nan-label"),
        (float("inf"), ONE, "unknown-label"),
        ("null", ONE, "unknown-label"),
        ("", ONE, "unknown-label"),
        (-1, ONE, "unknown-label"),
        (True, ONE, "unknown-label"),
        (["sport", "business"], ONE, "several-labels"),
        ("sport|", MANY, "unknown-label"),
        ({"a": 1}, ONE, "broken-label"),
        ([["sport"]], MANY, "broken-label"),
    ],
)
def test_what_is_no_label_says_why(value: Any, task: TaskConfig, rule: str) -> None:
    with pytest.raises(LabelError) as error:
        labels(value, task)
    assert error.value.fault.rule == rule


def test_an_unknown_label_names_the_nearest() -> None:
    with pytest.raises(LabelError, match="no label 'sprot'; did you mean 'sport'") as error:
        labels("sprot")
    assert error.value.unknown == ("sprot",)


def test_labels_are_renamed_left_out_and_swept_up_by_a_star() -> None:
    assert labels("SPO", mapping={"SPO": "sport"}) == ("sport",)
    assert labels("what", mapping={"*": "business"}) == ("business",)
    for mapping in ({"SPO": None}, {"*": None}):
        with pytest.raises(LabelError) as error:
            labels("SPO", mapping=mapping)
        assert error.value.fault.rule == "left-out"


def test_a_star_does_not_sweep_up_the_labels_of_the_task() -> None:
    assert labels("sport", mapping={"*": None}) == ("sport",)
    assert labels("sport", mapping={"*": "business"}) == ("sport",)


def test_of_several_labels_those_left_out_go_and_the_rest_stays() -> None:
    assert labels(["SPO", "sport"], MANY, {"SPO": None}) == ("sport",)
    assert labels(["SPO", "sport"], ONE, {"SPO": None}) == ("sport",)


def test_tally_puts_the_most_frequent_first_and_stays_short() -> None:
    names = ["a"] * 3 + ["sprot"] * 5 + [f"x{i}" for i in range(20)]
    assert tally(names, {"sport"}, most=2) == "'sprot' (5 rows; did you mean 'sport'?), 'a' (3 rows) and 20 more"
