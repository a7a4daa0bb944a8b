"""What domain teachers counted for is told by domain and seed, and what was not trusted is told once."""

from __future__ import annotations

from typing import Any

from cdkd_kg.evaluation.domain_teachers import domain_weights, weighing_warnings
from cdkd_kg.evaluation.report import render_report


def _experts(*shares: float, warning: str = "") -> dict[str, Any]:
    return {
        str(seed): {
            "text_teacher": {
                "text": {
                    "temperature": 1.0,
                    "weight": 1.0,
                    "domain_teachers": {
                        "way": "domain_graph",
                        "weights": {"bbc": {"ag": share, "cnn": 1 - share}, "ag": {"ag": 1.0, "cnn": 0.0}},
                    }
                    | ({"warning": warning} if warning else {}),
                },
                "probe": {"temperature": 1.0, "weight": 1.0},
            }
        }
        for seed, share in enumerate(shares)
    }


def test_domains_with_a_teacher_of_their_own_are_left_out_and_weights_are_kept_by_seed() -> None:
    found = domain_weights(_experts(0.25, 0.5))
    assert found == {("text_teacher", "bbc", "domain_graph"): {"ag": [0.25, 0.5], "cnn": [0.75, 0.5]}}
    assert domain_weights({"0": {"text_teacher": {"text": {"weight": 1.0}}, "joint": {}}}) == {}


def test_a_warning_is_told_once_with_where_it_holds() -> None:
    assert weighing_warnings(_experts(0.5, 0.5, warning="All count alike.")) == [
        "All count alike. This is so for text teacher, in 2 seeds."
    ]
    assert weighing_warnings(_experts(0.5)) == []


def test_the_report_shows_the_weights(results: dict[str, Any]) -> None:
    assert "Teacher of cnn" not in render_report(results)
    results["teachers"]["topics"]["experts"] = _experts(0.25, 0.35)
    page = render_report(results)
    assert "Teacher of cnn" in page
    assert "domain graph" in page
    assert "0.70" in page
