"""What a graph says of one entity, for somebody who wants to look at it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pyoxigraph import Literal, NamedNode

from cdkd_kg.entities.linking.names import fold
from cdkd_kg.errors import MissingResourceError, nearest
from cdkd_kg.graph import view
from cdkd_kg.graph.edges import SYMMETRIC, Edges, Numbering, edges
from cdkd_kg.graph.entities import kind_of
from cdkd_kg.graph.facts import classes, definitions
from cdkd_kg.graph.iris import shown
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import called, display_name, labels
from cdkd_kg.graph.namespaces import DCTERMS, ITSRDF, NIF, OWL

MOST = 50


def find_entity(graph: KnowledgeGraph, wanted: str) -> str:
    """Return the IRI of an entity by its IRI, by a name written just so, or by a name whatever its case.

    An IRI of which nothing is said is one where something is said to be tied to it.

    Raises:
        MissingResourceError: there is none, or several have the name.
    """
    with suppress(ValueError):  # a name is no IRI
        node = NamedNode(wanted)
        if any(next(found, None) for found in (graph.holding(node), graph.holding(target=node))):
            return wanted
    found, names = called(graph, wanted), dict[str, set[str]]()
    if not found:
        for label in graph.labels():
            names.setdefault(fold(label.text), set()).add(label.iri)
        found = sorted(names.get(fold(wanted), ()))
    if len(found) == 1:
        return found[0]
    raise MissingResourceError(
        f"several entities are called {wanted!r}" if found else f"no entity is called {wanted!r}",
        where=graph.name,
        why=", ".join(found[:10]) if found else nearest(fold(wanted), names).lstrip("; "),
        remedy="give its IRI" if found else "look for it by the beginnings of its words",
    )


def neighbourhood(graph: KnowledgeGraph, iri: str, counts: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Return names, definition, classes, documents and ties of an entity, the most mentioned neighbours first.

    It looks at what is said of this entity and of what it is tied to, not at the rest of the graph.

    Args:
        graph: to look at.
        iri: of the entity.
        counts: how many documents mention each entity, where somebody has counted; else it is counted here.

    Returns:
        ``{"iri", "label", "names", "definition", "classes", "documents", "kind", "deprecated", "instead": {"iri",
        "label"}, "ties": [{"direction", "relation", "iri", "label", "kind", "documents", "weight"}], "more"}``; what
        is to be used instead of a deprecated entity may be None, a direction is "in", "out" or "both", the documents
        of a tie are those that mention what is tied, and of more than 50 ties the others are counted by ``more``.
    """
    node = NamedNode(iri)
    names = [(label.text, label.kind) for label in labels(graph, concept=node)]
    ties = _ties(graph, node, counts)
    return {
        "iri": iri,
        "label": next((text for text, kind in names if kind == "preferred"), shown(iri)),
        "names": [{"text": text, "kind": kind} for text, kind in names],
        "definition": definitions(graph, node).get(iri, ""),
        "classes": list(classes(graph, node).get(iri, ())),
        "documents": documents_of(graph, iri) if counts is None else counts.get(iri, 0),
        "kind": kind_of(graph, iri),
        "deprecated": next(graph.holding(node, OWL.deprecated, Literal(True)), None) is not None,
        "instead": _instead(graph, node),
        "ties": [_described(graph, tie) for tie in ties[:MOST]],
        "more": max(0, len(ties) - MOST),
    }


def as_picture(around: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return a neighbourhood as the nodes and edges of a picture."""
    centre = {key: around[key] for key in ("label", "kind", "documents")} | {"id": around["iri"]}
    nodes, edges = {around["iri"]: centre}, []
    for tie in around["ties"][:12]:
        node = {key: tie[key] for key in ("label", "kind", "documents")}
        nodes.setdefault(tie["iri"], node | {"id": tie["iri"]})
        ends = (tie["iri"], around["iri"]) if tie["direction"] == "in" else (around["iri"], tie["iri"])
        edges.append({"source": ends[0], "target": ends[1], "label": tie["relation"]})
    return {"nodes": list(nodes.values()), "edges": edges}


def _ties(graph: KnowledgeGraph, node: NamedNode, documents: Mapping[str, int] | None) -> list[dict[str, Any]]:
    """Return what an entity is tied to, by IRIs, the most mentioned first."""
    numbering, found = _edges(graph, node)
    if documents is None:
        table = view.company(graph, node)
        documents = dict(zip(table["o"].to_pylist(), table["w"].to_pylist(), strict=True))
    ties = []
    for source, target, kind, weight in zip(found.source, found.target, found.kind, found.weight, strict=True):
        ends = numbering.names[source], numbering.names[target]
        other = ends[ends[0] == node.value]
        direction = "out" if ends[0] == node.value else "in"
        ties.append(
            {
                "direction": "both" if found.kinds[kind] in SYMMETRIC else direction,
                "relation": found.kinds[kind],
                "iri": other,
                "documents": int(documents.get(other, 0)),
                "weight": round(float(weight), 4),
            }
        )
    return sorted(ties, key=lambda tie: (-tie["documents"], -tie["weight"], tie["relation"], tie["iri"]))


def _instead(graph: KnowledgeGraph, node: NamedNode) -> dict[str, str] | None:
    found = {quad.object for quad in graph.holding(node, DCTERMS.isReplacedBy)}
    iri = min((end.value for end in found if isinstance(end, NamedNode)), default=None)
    return None if iri is None else {"iri": iri, "label": display_name(graph, iri)}


def _described(graph: KnowledgeGraph, tie: dict[str, Any]) -> dict[str, Any]:
    names = {"label": display_name(graph, tie["iri"]), "relation": display_name(graph, tie["relation"])}
    return tie | names | {"kind": kind_of(graph, tie["iri"])}


def _edges(graph: KnowledgeGraph, node: NamedNode) -> tuple[Numbering, Edges]:
    families = (view.knowledge, view.relations, view.comentions)
    tables = [family(graph, **{end: node}) for family in families for end in ("s", "o")]
    numbering = Numbering.of(*(table[end] for table in tables for end in ("s", "o")))
    return numbering, Edges.joined([edges(table, numbering) for table in tables])


def documents_of(graph: KnowledgeGraph, iri: str) -> int:
    """Return how many documents mention an entity."""
    mentions = (quad.subject for quad in graph.holding(None, ITSRDF.taIdentRef, NamedNode(iri)))
    nodes = [node for node in mentions if isinstance(node, NamedNode)]
    return len({quad.object for node in nodes for quad in graph.holding(node, NIF.referenceContext)})
