"""What a graph says of one entity, for somebody who wants to look at it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from pyoxigraph import NamedNode

from cdkd_kg.entities.linking.names import fold
from cdkd_kg.errors import MissingResourceError, nearest
from cdkd_kg.graph.entities import Entities, entities
from cdkd_kg.graph.facts import facts
from cdkd_kg.graph.iris import local_name
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import preferred

MOST = 50


def find_entity(graph: KnowledgeGraph, wanted: str) -> str:
    """Return the IRI of an entity by its IRI or by one of its names, whatever their case.

    Raises:
        MissingResourceError: there is none, or several have the name.
    """
    with suppress(ValueError):  # a name is no IRI
        if next(graph.holding(NamedNode(wanted)), None) is not None:
            return wanted
    names: dict[str, set[str]] = {}
    for label in graph.labels():
        names.setdefault(fold(label.text), set()).add(label.iri)
    found = sorted(names.get(fold(wanted), ()))
    if len(found) == 1:
        return found[0]
    raise MissingResourceError(
        f"several entities are called {wanted!r}" if found else f"no entity is called {wanted!r}",
        where=graph.name,
        why=", ".join(found[:10]) if found else nearest(fold(wanted), names).lstrip("; "),
        remedy="give its IRI" if found else "look for it with `cdkd graph query`",
    )


def neighbourhood(graph: KnowledgeGraph, iri: str) -> dict[str, Any]:
    """Return names, definition, classes, documents and ties of an entity, the most mentioned neighbours first.

    Returns:
        ``{"iri", "label", "names", "definition", "classes", "documents", "kind", "ties": [{"direction", "relation",
        "iri", "label", "documents", "weight"}], "more"}``; of more than 50 ties the others are counted by ``more``.
    """
    found, said = entities(graph), facts(graph)
    place = found.iris.index(iri) if iri in found.iris else None
    names = [(label.text, label.kind) for label in graph.labels() if label.iri == iri]
    ties = [] if place is None else _ties(found, place, preferred(graph))
    return {
        "iri": iri,
        "label": next((text for text, kind in names if kind == "preferred"), local_name(iri)),
        "names": [{"text": text, "kind": kind} for text, kind in names],
        "definition": said.definitions.get(iri, ""),
        "classes": list(said.classes.get(iri, ())),
        "documents": 0 if place is None else int(found.documents[place]),
        "kind": "background" if place is None else found.kinds[place],
        "ties": ties[:MOST],
        "more": max(0, len(ties) - MOST),
    }


def as_picture(around: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return a neighbourhood as the nodes and edges of a picture."""
    centre = {key: around[key] for key in ("label", "kind", "documents")} | {"id": around["iri"]}
    nodes, edges = {around["iri"]: centre}, []
    for tie in around["ties"][:12]:
        node = {key: tie[key] for key in ("label", "kind", "documents")}
        nodes.setdefault(tie["iri"], node | {"id": tie["iri"]})
        ends = (around["iri"], tie["iri"]) if tie["direction"] == "out" else (tie["iri"], around["iri"])
        edges.append({"source": ends[0], "target": ends[1], "label": tie["relation"]})
    return {"nodes": list(nodes.values()), "edges": edges}


def _ties(found: Entities, place: int, names: Mapping[str, str]) -> list[dict[str, Any]]:
    edges, ties = found.edges, []
    relations = [names.get(kind) or local_name(kind) for kind in edges.kinds]
    for direction, mine, other in (("out", edges.source, edges.target), ("in", edges.target, edges.source)):
        for edge in np.flatnonzero(mine == place).tolist():
            end = int(other[edge])
            ties.append(
                {
                    "direction": direction,
                    "relation": relations[edges.kind[edge]],
                    "iri": found.iris[end],
                    "label": found.labels[end],
                    "kind": found.kinds[end],
                    "documents": int(found.documents[end]),
                    "weight": round(float(edges.weight[edge]), 4),
                }
            )
    return sorted(ties, key=lambda tie: (-tie["documents"], -tie["weight"], tie["relation"], tie["iri"]))
