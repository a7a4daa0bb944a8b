"""Decisions on mentions as what a linking model is fitted to."""

from __future__ import annotations

from collections.abc import Mapping

from pyoxigraph import Literal, NamedNode

from cdkd_kg.entities.linking.candidates import Anchor
from cdkd_kg.entities.linking.facts import TYPE
from cdkd_kg.entities.linking.fit import Judged
from cdkd_kg.graph.kept_mentions import decided_links
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import ITSRDF, NIF
from cdkd_kg.graph.view import documents


def judged(graph: KnowledgeGraph, texts: Mapping[str, str]) -> list[Judged]:
    """Return the mentions that were decided on, document by document, for :func:`~cdkd_kg.entities.linking.fit.fit`.

    A mention whose ``itsrdf:taIdentRef`` was accepted means that concept; one of which links were only rejected means
    none of the vocabulary.

    Args:
        graph: with mentions, and triples of theirs among what was accepted or rejected.
        texts: by document identifier; documents that are not given are left out.
    """
    nodes = {iri: identifier for identifier, iri in documents(graph)}
    found: dict[str, list[tuple[int, Anchor, str | None]]] = {}
    links = ((NamedNode(iri), link.iri) for iri, link in decided_links(graph).items() if link.judged)
    for mention, concept in links:
        context, begin, anchor, kind = (
            next((quad.object for quad in graph.holding(mention, predicate)), None)
            for predicate in (NIF.referenceContext, NIF.beginIndex, NIF.anchorOf, ITSRDF.taClassRef)
        )
        label = kind.value.removeprefix(TYPE) if isinstance(kind, NamedNode) else ""
        if isinstance(context, NamedNode) and isinstance(begin, Literal) and isinstance(anchor, Literal):
            identifier = nodes.get(context.value, "")
            if identifier in texts:
                found.setdefault(identifier, []).append((int(begin.value), Anchor(anchor.value, type=label), concept))
    return [
        Judged(texts[identifier], [anchor for _, anchor, _ in mine], [concept for *_, concept in mine])
        for identifier, mine in sorted((name, sorted(rows, key=lambda row: row[0])) for name, rows in found.items())
    ]
