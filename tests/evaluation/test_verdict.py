"""The verdict says that the graph helped only when it did, and gives the numbers either way."""

from __future__ import annotations

from typing import Any

import pytest

from cdkd_kg.evaluation.verdict import verdict

CONDITIONS = ("no_distillation", "text_teacher", "graph_teacher", "shuffled_graph")
CLEAR, UNCLEAR, WORSE = (0.03, 0.01, 0.05, 0.01), (0.01, -0.01, 0.03, 0.4), (-0.03, -0.05, -0.01, 0.01)


def comparison(rival: str, found: tuple[float, float, float, float]) -> dict[str, Any]:
    difference, low, high, p = found
    about = {"a": "graph_teacher", "b": rival, "metric": "accuracy"}
    return about | {"difference": difference, "low": low, "high": high, "p": p}


def case(domains: dict[str, tuple[Any, Any]], seeds: int = 3) -> tuple[dict[str, Any], dict[str, Any]]:
    score = {"accuracy": {"mean": 0.841, "low": 0.82, "high": 0.86, "seeds": [0.84] * seeds}}
    students: dict[str, Any] = {name: {domain: {"n": 9, "scores": score} for domain in domains} for name in CONDITIONS}
    comparisons = {
        domain: [comparison("text_teacher", text), comparison("shuffled_graph", shuffled)]
        for domain, (text, shuffled) in domains.items()
    }
    return students, comparisons


@pytest.mark.parametrize(
    ("text", "shuffled", "helped"),
    [
        (CLEAR, CLEAR, True),
        (CLEAR, UNCLEAR, False),
        (UNCLEAR, CLEAR, False),
        (UNCLEAR, UNCLEAR, False),
        (WORSE, CLEAR, False),
        (CLEAR, WORSE, False),
    ],
)
def test_both_controls_must_be_beaten(text: Any, shuffled: Any, helped: bool) -> None:
    found = verdict("topics", *case({"bbc": (text, shuffled)}), ["bbc"])
    assert found["helped"] is helped
    assert found["text"].startswith("The knowledge graph helped in topics") is helped


def test_an_interval_above_zero_is_not_enough_when_the_corrected_p_is_large() -> None:
    assert not verdict("topics", *case({"bbc": (CLEAR, (0.03, 0.001, 0.05, 0.06))}), ["bbc"])["helped"]


def test_the_text_gives_the_numbers() -> None:
    text = verdict("topics", *case({"bbc": (CLEAR, UNCLEAR)}), ["bbc"])["text"]
    assert "84.1 % accuracy" in text
    assert "+3.0 points (95 % interval 1.0 to 5.0) against the text teacher's" in text
    assert "+1.0 (\N{MINUS SIGN}1.0 to 3.0) against the shuffled graph's" in text


def test_gain_without_knowledge_is_named_as_such() -> None:
    text = verdict("topics", *case({"bbc": (CLEAR, UNCLEAR)}), ["bbc"])["text"]
    assert text.startswith("The knowledge in the graph was not shown to help in topics: on bbc")
    assert "a shuffled graph may do as well" in text


def test_harm_is_said_plainly() -> None:
    text = verdict("topics", *case({"bbc": (WORSE, CLEAR)}), ["bbc"])["text"]
    assert text.startswith("The knowledge graph did harm in topics: on bbc")


def test_help_on_one_domain_does_not_hide_harm_on_another() -> None:
    found = verdict("topics", *case({"bbc": (CLEAR, CLEAR), "newsgroups": (WORSE, CLEAR)}), ["bbc", "newsgroups"])
    assert not found["helped"]
    text = found["text"]
    assert text.startswith(
        "The knowledge graph did harm in topics on 1 of 2 target domains and helped on 1 of 2 target domains: "
        "on newsgroups, the text teacher alone makes the better student; on bbc, "
    )
    assert text.index("On newsgroups the graph") < text.index("On bbc the graph")


def test_no_harmed_domain_is_left_to_the_table() -> None:
    domains = {f"a{place}": (CLEAR, CLEAR) for place in range(3)} | {f"b{place}": (WORSE, CLEAR) for place in range(5)}
    text = verdict("topics", *case(domains))["text"]
    for place in range(5):
        assert f"On b{place} the graph teacher's student reaches" in text
    assert "On a0 the graph" not in text
    assert "shows the other 3" in text


def test_every_target_domain_counts_and_source_domains_do_not() -> None:
    domains = {"bbc": (CLEAR, CLEAR), "newsgroups": (UNCLEAR, CLEAR), "ag_news": (WORSE, WORSE)}
    some = verdict("topics", *case(domains), ["bbc", "newsgroups"])
    assert not some["helped"]
    assert some["text"].startswith("The knowledge graph helped in topics on 1 of 2 target domains (bbc)")
    assert "ag_news" not in some["text"]
    assert verdict("topics", *case(domains), ["bbc"])["helped"]


def test_without_target_domains_every_domain_is_judged() -> None:
    assert not verdict("topics", *case({"bbc": (CLEAR, CLEAR), "ag_news": (UNCLEAR, CLEAR)}))["helped"]
    assert verdict("topics", *case({"bbc": (CLEAR, CLEAR), "ag_news": (CLEAR, CLEAR)}))["helped"]


def test_a_target_without_test_rows_is_passed_over_and_none_at_all_is_said() -> None:
    students, comparisons = case({"bbc": (CLEAR, CLEAR)})
    comparisons["newsgroups"] = []
    assert verdict("topics", students, comparisons, ["bbc", "newsgroups"])["helped"]
    nothing = verdict("topics", students, comparisons, ["newsgroups"])
    assert not nothing["helped"]
    assert "no target domain has labelled test documents" in nothing["text"]


def test_a_control_that_did_not_run_is_named() -> None:
    students, comparisons = case({"bbc": (CLEAR, CLEAR)})
    del students["shuffled_graph"]
    found = verdict("topics", students, comparisons, ["bbc"])
    assert not found["helped"]
    assert "the condition 'shuffled graph' did not run" in found["text"]


def test_without_a_control_the_verdict_says_what_can_be_said() -> None:
    students, comparisons = case({"bbc": (CLEAR, CLEAR), "ag_news": (WORSE, WORSE)})
    del students["shuffled_graph"]
    comparisons["bbc"] = [comparison("text_teacher", UNCLEAR), comparison("no_distillation", WORSE)]
    text = verdict("topics", students, comparisons, ["bbc"])["text"]
    assert "On bbc the graph teacher's student is not clearly better or worse than that of 'text teacher'" in text
    assert "On bbc the graph teacher's student is clearly worse than the one without distillation" in text
    assert "\N{MINUS SIGN}3.0 points (95 % interval \N{MINUS SIGN}5.0 to \N{MINUS SIGN}1.0)" in text
    assert "ag_news" not in text


def test_one_seed_is_owned_up_to() -> None:
    warning = "seeds vary more than these intervals show"
    assert warning in verdict("topics", *case({"bbc": (CLEAR, CLEAR)}, seeds=1), ["bbc"])["text"]
    assert warning not in verdict("topics", *case({"bbc": (CLEAR, CLEAR)}, seeds=2), ["bbc"])["text"]


def test_many_domains_are_not_all_spelled_out() -> None:
    found = verdict("topics", *case({f"domain{place}": (CLEAR, CLEAR) for place in range(7)}))
    assert "on each of the 7 domains" in found["text"]
    assert "shows the other 3" in found["text"]
