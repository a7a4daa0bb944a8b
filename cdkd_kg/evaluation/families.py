"""How much of the graph teacher's propagation is graph: the weights of its edge families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.words import listed, plural

OF_THE_GRAPH = ("mentions", "knowledge")


def family_weights(experts: Mapping[str, Any]) -> dict[str, dict[str, list[float]]]:
    """Return ``{condition: {edge family: weight by seed}}`` of the experts that spread beliefs.

    Args:
        experts: ``{seed: {condition: {expert: notes}}}``; the first expert whose notes have ``edge_families`` counts.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for conditions in experts.values():
        for condition, mine in conditions.items():
            spread: Mapping[str, float] = next(
                (notes["edge_families"] for notes in mine.values() if "edge_families" in notes), {}
            )
            for family, weight in spread.items():
                found.setdefault(condition, {}).setdefault(family, []).append(weight)
    return found


def unused_graph(experts: Mapping[str, Any], condition: str = "graph_teacher") -> str:
    """Return a sentence where the graph teacher's propagation used no edge of the knowledge graph, else nothing.

    Args:
        experts: as in :func:`family_weights`.
        condition: whose teacher is looked at.
    """
    weights = family_weights(experts).get(condition, {})
    seeds = max(map(len, weights.values()), default=0)
    graph = [weights[family] for family in OF_THE_GRAPH if family in weights]
    unused = sum(not any(values[seed] for values in graph) for seed in range(seeds))
    if not unused:
        return ""
    chosen = [name.replace("similar", "similar texts") for name in weights if name not in OF_THE_GRAPH]
    often = f" in {unused} of {plural(seeds, 'seed')}" if unused < seeds else ""
    return f"Propagation chose {listed(chosen)} alone{often}: no edge of the knowledge graph was used by it."
