"""Which documents a decision is about: those whose mentions it judges, or that mention the entities it changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from cdkd_kg.graph import view
from cdkd_kg.graph.decisions.decision import Decision, in_force
from cdkd_kg.graph.iris import PLACE
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph


def reach(graph: KnowledgeGraph, decisions: Iterable[Decision]) -> dict[str, list[str]]:
    """Return the identifiers of the documents that each decision in force reaches, by its id.

    A decision on mentions reaches their documents. One on entities, names or relations reaches the documents of the
    graph that mention an entity it speaks of. One that changes nothing, such as being unsure, reaches none.

    Args:
        graph: that says what follows from the decisions; documents that are not in it are left out.
        decisions: some of which may have been undone.
    """
    known = {iri: identifier for identifier, iri in view.documents(graph)}
    links = view.links(graph)
    mentioning: defaultdict[str, set[str]] = defaultdict(set)
    for document, entity in zip(links["s"].to_pylist(), links["o"].to_pylist(), strict=True):
        mentioning[entity].add(document)
    found = {}
    for decision in in_force(decisions):
        changes = decision.what.accepts or decision.what.rejects
        documents = {iri.partition(PLACE)[0] for iri in decision.what.about if PLACE in iri and changes}
        if changes and not documents:
            documents = set().union(*(mentioning.get(iri, ()) for iri in decision.speaks_of()))
        found[decision.id] = sorted(known[iri] for iri in documents if iri in known)
    return found
