"""Whole domains and tasks, judged from files as a run reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdkd_kg.corpus.build import build_corpus, check_corpus
from cdkd_kg.corpus.check import CheckReport
from cdkd_kg.errors import DataRefusedError
from tests.corpus.helpers import corpus_config, from_path, labelled_rows, write_jsonl


def checked(tmp_path: Path, domains: dict[str, list[dict[str, Any]]], **roles: str) -> CheckReport:
    named = {
        name: from_path(write_jsonl(tmp_path / f"{name}.jsonl", rows), role=roles.get(name, "source"))
        for name, rows in domains.items()
    }
    return check_corpus(corpus_config(named))[1]


def found(report: CheckReport, severity: str) -> list[tuple[str, str]]:
    return [(problem.rule, problem.domain) for problem in report.problems if problem.severity == severity]


def texts(count: int, start: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": f"i{i}", "text": f"text {i}"} | fields for i in range(start, start + count)]


def test_good_data_have_no_problem(tmp_path: Path) -> None:
    report = checked(tmp_path, {"a": labelled_rows(40)})
    assert report.problems == ()
    assert (report.rows_in, report.rows_used, report.rows_set_aside) == (40, 40, 0)


def test_more_than_a_tenth_of_unknown_labels_refuses_the_domain(tmp_path: Path) -> None:
    rows = labelled_rows(40) + texts(4, 100, label="sprot")
    assert found(checked(tmp_path, {"a": rows}), "refused") == []
    report = checked(tmp_path, {"a": [*rows, *texts(1, 200, label="sprot")]})
    assert found(report, "refused") == [("unknown-labels", "a")]
    assert "5 of 45 rows" in report.problems[0].reason
    assert "'sprot' (5 rows; did you mean 'sport'?)" in report.problems[0].reason
    assert found(report, "set aside") == [("unknown-label", "a")] * 5


def test_a_class_without_a_training_row_is_refused(tmp_path: Path) -> None:
    rows = labelled_rows(20, ("sport",)) + texts(3, 100, label="business", split="test")
    report = checked(tmp_path, {"a": rows})
    assert ("class-without-training-row", "a") in found(report, "refused")
    assert ("one-class", "a") in found(report, "refused")


def test_sources_may_cover_the_classes_together(tmp_path: Path) -> None:
    report = checked(tmp_path, {"a": texts(20, 0, label="sport"), "b": texts(20, 100, label="business")})
    assert found(report, "refused") == []
    assert found(report, "warning") == [("one-class", "a"), ("one-class", "b")]


def test_target_labels_do_not_count_as_training_labels(tmp_path: Path) -> None:
    domains = {"a": texts(20, 0, label="sport"), "b": texts(20, 100, label="business")}
    assert ("class-without-training-row", "a") in found(checked(tmp_path, domains, b="target"), "refused")


@pytest.mark.parametrize(
    ("rows", "rule", "reason"),
    [
        ([], "empty-domain", "no row for it"),
        ([{"text": ""}, {"text": None}, {"text": "a", "label": "x"}], "empty-domain", "2 empty-text, 1 unknown-label"),
        ([{"text": "a"}], "one-document", "one document"),
    ],
)
def test_too_little_is_refused_with_the_reason(
    tmp_path: Path, rows: list[dict[str, Any]], rule: str, reason: str
) -> None:
    report = checked(tmp_path, {"a": labelled_rows(40), "b": rows}, b="target")
    assert (rule, "b") in found(report, "refused")
    assert any(reason in problem.reason for problem in report.problems)


def test_an_unlabelled_target_is_used_and_told_that_it_gets_no_score(tmp_path: Path) -> None:
    report = checked(tmp_path, {"a": labelled_rows(40), "b": texts(10, 100)}, b="target")
    assert found(report, "warning") == [("no-test-rows", "b")]
    assert report.per_domain["b"].unlabelled == 10


def test_a_source_without_validation_is_told(tmp_path: Path) -> None:
    rows = labelled_rows(20, split="train") + texts(5, 100, split="validation")
    assert ("no-validation-rows", "a") in found(checked(tmp_path, {"a": rows}), "warning")


def test_a_group_in_two_given_splits_is_told(tmp_path: Path) -> None:
    rows = labelled_rows(20, split="train", group="g") + texts(5, 100, split="test", label="sport", group="g")
    report = checked(tmp_path, {"a": rows})
    assert ("group-in-two-splits", "a") in found(report, "warning")


def test_a_source_that_cannot_be_read_is_one_refusal_among_the_others(tmp_path: Path) -> None:
    report = checked(tmp_path, {"a": [{"body": "a"}, {"body": "b"}], "b": labelled_rows(40)})
    assert found(report, "refused")[:1] == [("unreadable-source", "a")]
    assert "no column 'text'" in report.problems[0].reason
    assert report.rows_in == report.rows_used + report.rows_set_aside == 42


def test_refused_data_stop_the_run_with_status_three(tmp_path: Path) -> None:
    config = corpus_config({"a": from_path(write_jsonl(tmp_path / "a.jsonl", [{"text": "a"}]))})
    with pytest.raises(DataRefusedError, match="cdkd check") as error:
        build_corpus(config)
    assert error.value.exit_status == 3
    assert "a: the domain has one document" in str(error.value)
