"""The picture of the knowledge graph: its most linked entities and what is said between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import networkx as nx
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cdkd_kg.evaluation.palette import light, series
from cdkd_kg.evaluation.svg import drawing, short, to_svg

KINDS = 5
SHAPES = "osD^v"


def graph_picture(picture: Mapping[str, Sequence[Mapping[str, Any]]], title: str) -> str:
    """Draw entities and the relations between them; the area of an entity grows with its documents.

    Args:
        picture: ``nodes`` with ``id``, ``label``, ``kind``, ``documents``; ``edges`` with ``source``, ``target``, ``label``.
        title: what the figure shows.
    """
    nodes = {node["id"]: node for node in sorted(picture["nodes"], key=lambda node: str(node["id"]))}
    pairs: dict[tuple[str, str], set[str]] = {}
    for edge in picture["edges"]:
        if edge["source"] in nodes and edge["target"] in nodes and edge["source"] != edge["target"]:
            ends = (min(edge["source"], edge["target"]), max(edge["source"], edge["target"]))
            pairs.setdefault(ends, set()).add(str(edge["label"]).replace("_", " "))
    network = nx.Graph()
    network.add_nodes_from(nodes)
    network.add_edges_from(sorted(pairs))
    places = nx.circular_layout(network) if len(nodes) < 4 else nx.spring_layout(network, k=1.6 / sqrt(len(nodes)), iterations=300, seed=4)
    with drawing():
        figure = Figure(figsize=(7.6, 5.2), layout="constrained")
        axes = figure.subplots()
        for (a, b), labels in sorted(pairs.items()):
            _edge(axes, places[a], places[b], labels)
        _nodes(axes, nodes, places)
        axes.set_axis_off()
        axes.margins(0.14, 0.1)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=KINDS, fontsize=8)
        return to_svg(figure, title)


def _edge(axes: Axes, start: Sequence[float], end: Sequence[float], labels: set[str]) -> None:
    axes.plot([start[0], end[0]], [start[1], end[1]], color=light("line"), linewidth=1.3, zorder=1)
    middle = [(one + other) / 2 for one, other in zip(start, end, strict=True)]
    text = short(", ".join(sorted(labels)), 22)
    box = {"facecolor": light("paper"), "edgecolor": "none", "pad": 0.8}
    axes.text(*middle, text, fontsize=7, color=light("soft"), ha="center", va="center", bbox=box, zorder=2)


def _nodes(axes: Axes, nodes: Mapping[str, Mapping[str, Any]], places: Mapping[str, Sequence[float]]) -> None:
    kinds = sorted({str(node["kind"]) for node in nodes.values()})
    most = max((node["documents"] for node in nodes.values()), default=0) or 1
    for place, kind in enumerate(kinds):
        mine = [name for name, node in nodes.items() if str(node["kind"]) == kind]
        axes.scatter(
            [places[name][0] for name in mine], [places[name][1] for name in mine],
            [40 + 260 * nodes[name]["documents"] / most for name in mine],
            marker=SHAPES[place % KINDS], color=light(series(place)), edgecolor=light("paper"), zorder=3,
            label=short(kind),
        )  # fmt: skip
    for name, node in nodes.items():
        offset = -6 - sqrt(40 + 260 * node["documents"] / most) / 2
        axes.annotate(
            f"{short(node['label'], 26)} ({node['documents']:,})", places[name], xytext=(0, offset),
            textcoords="offset points", ha="center", va="top", fontsize=8, zorder=4,
        )  # fmt: skip
