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
from cdkd_kg.evaluation.words import relation_name

KINDS = 5
SHAPES = "osD^v"


def graph_picture(picture: Mapping[str, Sequence[Mapping[str, Any]]], title: str) -> str:
    """Draw entities and the relations between them; the area of an entity grows with its documents.

    Args:
        picture: ``nodes`` with ``id``, ``label``, ``kind``, ``documents``, and ``edges`` with ``source``, ``target``,
            ``label``.
        title: what the figure shows.
    """
    nodes = {node["id"]: node for node in sorted(picture["nodes"], key=lambda node: str(node["id"]))}
    pairs: dict[tuple[str, str], set[str]] = {}
    for edge in picture["edges"]:
        if edge["source"] in nodes and edge["target"] in nodes and edge["source"] != edge["target"]:
            ends = (min(edge["source"], edge["target"]), max(edge["source"], edge["target"]))
            pairs.setdefault(ends, set()).add(relation_name(str(edge["label"])))
    network: nx.Graph[str] = nx.Graph()
    network.add_nodes_from(nodes)
    network.add_edges_from(sorted(pairs))
    places = _layout(network)
    with drawing():
        figure = Figure(figsize=(7.6, 5.2), layout="constrained")
        axes = figure.subplots()
        for (a, b), labels in sorted(pairs.items()):
            _edge(axes, places[a], places[b], labels)
        _nodes(axes, nodes, places)
        axes.set_axis_off()
        axes.margins(0.14, 0.1)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=KINDS, fontsize=8, markerscale=0.6)
        return to_svg(figure, title)


def _layout(network: nx.Graph[str]) -> dict[str, Any]:
    """Return places at distances near the number of steps; what hangs together with nothing stays in sight."""
    steps = {name: dict(lengths) for name, lengths in nx.all_pairs_shortest_path_length(network)}
    furthest = max((length for lengths in steps.values() for length in lengths.values()), default=0)
    apart = min(furthest, 3) + 0.5
    distances = {a: {b: min(steps[a].get(b, apart), apart) for b in network} for a in network}
    places: dict[str, Any] = nx.kamada_kawai_layout(network, dist=distances)
    return places


def _edge(axes: Axes, start: Sequence[float], end: Sequence[float], labels: set[str]) -> None:
    axes.plot([start[0], end[0]], [start[1], end[1]], color=light("line"), linewidth=1.3, zorder=1)
    x, y = ((one + other) / 2 for one, other in zip(start, end, strict=True))
    text = short(", ".join(sorted(labels)), 22)
    box = {"facecolor": light("paper"), "edgecolor": "none", "pad": 0.8}
    axes.text(x, y, text, fontsize=7, color=light("soft"), ha="center", va="center", bbox=box, zorder=2)


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
        x, y = places[name][0], places[name][1]
        offset = -6 - sqrt(40 + 260 * node["documents"] / most) / 2
        axes.annotate(
            f"{short(node['label'], 26)} ({node['documents']:,})", (x, y), xytext=(0, offset),
            textcoords="offset points", ha="center", va="top", fontsize=8, zorder=4,
        )  # fmt: skip
