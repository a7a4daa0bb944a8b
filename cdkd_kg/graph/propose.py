"""Texts to proposals in a graph that is kept: what an earlier reading proposed makes room for the new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cdkd_kg.artifacts import canonical_json, sha256_file, sha256_text
from cdkd_kg.config import EntitiesConfig, GraphConfig
from cdkd_kg.entities.extract import Document, extract
from cdkd_kg.entities.installed import pipeline_identity
from cdkd_kg.entities.linking.aliases import AliasTable
from cdkd_kg.entities.linking.model import LinkModel
from cdkd_kg.graph.build import build_graph, settled
from cdkd_kg.graph.facts import facts
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.shipped import shipped


class Text(NamedTuple):
    """A text, the id it goes by, and its domain."""

    id: str
    domain: str
    text: str


def propose(
    graph: KnowledgeGraph,
    texts: Sequence[Text],
    entities: EntitiesConfig | None = None,
    config: GraphConfig | None = None,
    model: LinkModel | None = None,
) -> dict[str, Any]:
    """Read texts, and put the mentions, links, new concepts and relations found into the graph as proposals.

    Vocabulary and decisions stay; proposals of earlier readings go. It happens whole or not at all, and the same texts
    give the same proposals.

    Args:
        graph: its labels are what texts are linked to.
        texts: with distinct ids.
        entities: pipeline and what it is asked for.
        config: bounds on co-mention; the name of the graph counts.
        model: how candidates are weighed.

    Returns:
        ``{"documents", "mentions", "linked", "new", "ambiguous", "run"}``.

    Raises:
        MissingResourceError: the spaCy pipeline is not installed.
    """
    entities = entities or EntitiesConfig()
    config = (config or GraphConfig()).model_copy(update={"name": graph.name})
    hashes = {text.id: sha256_text(text.text) for text in texts}
    known = settled(graph, graph.name)
    documents = [Document(text.id, text.text) for text in texts]
    found = extract(documents, entities, AliasTable(known.labels()), facts(known), model)
    used = {
        "pipeline": pipeline_identity(entities.pipeline),
        "texts": sha256_text(canonical_json(sorted(hashes.items()))),
        "settled": known.revision,
        "predicates": sha256_file(shipped("relations.ttl")),
    }
    run = sha256_text(canonical_json(used))[:16]
    rows = [(text.id, text.domain, hashes[text.id]) for text in texts]
    built = build_graph(found, rows, known, config, used | {"id": run})
    name = built.proposed(run)
    prefix = built.proposed("").value
    earlier = [node for node in graph.store.named_graphs() if node.value.startswith(prefix)]
    old = {quad for node in earlier for quad in graph.store.match(graph=node)}
    new = set(built.store.match(graph=name))
    graph.store.patch(old - new, new - old)
    nil = found.mentions["nil"].to_pylist()
    return {
        "documents": len(texts),
        "mentions": len(nil),
        "linked": nil.count(None),
        "new": nil.count("new"),
        "ambiguous": nil.count("ambiguous"),
        "run": run,
    }
