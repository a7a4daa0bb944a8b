"""A propagation that uses no edge of the knowledge graph is told as such."""

from __future__ import annotations

from typing import Any

from cdkd_kg.evaluation.families import family_weights, unused_graph


def _experts(*weights: tuple[float, float, float]) -> dict[str, Any]:
    names = ("knowledge", "mentions", "similar")
    return {
        str(seed): {"graph_teacher": {"propagation": {"edge_families": dict(zip(names, found, strict=True))}}}
        for seed, found in enumerate(weights)
    }


def test_similar_texts_alone_are_told() -> None:
    assert unused_graph(_experts((0, 0, 1))) == (
        "Propagation chose similar texts alone: no edge of the knowledge graph was used by it."
    )
    assert "in 1 of 2 seeds" in unused_graph(_experts((0, 0, 1), (0, 0.5, 1)))


def test_a_graph_that_is_used_and_a_run_without_propagation_are_not() -> None:
    assert unused_graph(_experts((0, 0.5, 1), (1, 0, 0))) == ""
    assert unused_graph({"0": {"text_teacher": {"text": {"weight": 1.0}}}}) == ""
    assert unused_graph({}) == ""


def test_weights_are_kept_by_seed() -> None:
    assert family_weights(_experts((0, 0.5, 1), (1, 0, 0)))["graph_teacher"]["mentions"] == [0.5, 0]
