"""Mentions and relations to a knowledge graph: what a run proposes, beside what is already known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.artifacts import canonical_json, sha256_text
from cdkd_kg.config import GraphConfig
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.graph.iris import GRAPH, document_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.mentions import concept_quads, mention_quads, resolve
from cdkd_kg.graph.namespaces import DCTERMS, ITSRDF, KD, NIF, PROV, RDF, SCHEMA
from cdkd_kg.graph.statements import comention_quads, relation_quads


def build_graph(
    extraction: Extraction,
    documents: Iterable[tuple[str, str, str]],
    background: KnowledgeGraph | Sequence[Path | str],
    config: GraphConfig,
    run: Mapping[str, str],
) -> KnowledgeGraph:
    """Return a knowledge graph: background, decisions taken so far, and the proposals of this run.

    The text of a document is not in the graph, only its SHA-256 and the anchors of mentions. A mention that is
    new to the vocabulary gets a concept of its own; an ambiguous one keeps its candidates and links nothing.

    Args:
        extraction: mentions and relations.
        documents: (id, domain, SHA-256 of the text) of every document that may enter the graph; mentions of other
            documents are left out.
        background: a graph whose vocabulary and decisions are taken over, but not what earlier runs proposed;
            or RDF files of vocabularies.
        config: name and bounds.
        run: what was used, by name, such as ``{"id": "...", "pipeline": "...", "config": "<sha256>"}``. The same
            run gives the same graph, so times have no place here. Without ``id``, a digest of the rest stands in.
    """
    result = settled(background, config.name)
    identifier = run.get("id") or sha256_text(canonical_json(dict(run)))[:16]
    graph = result.proposed(quote(identifier, safe=""))
    rows = sorted(documents)
    nodes = {row[0]: document_iri(row[0]) for row in rows}
    resolved = resolve(extraction.mentions, nodes, config.name, accepted_links(result))
    scheme = NamedNode(GRAPH + config.name)
    result.add_own(_document_quads(rows, nodes, graph))
    result.add_own(_run_quads(run, identifier, graph))
    result.add_own(mention_quads(resolved, graph))
    result.add_own(concept_quads(resolved, scheme, graph))
    result.add_own(relation_quads(extraction.relations, resolved, graph))
    result.add_own(comention_quads(resolved, len(rows), config, graph))
    return result


def settled(background: KnowledgeGraph | Sequence[Path | str], name: str) -> KnowledgeGraph:
    """Return vocabulary and decisions in memory, without what runs proposed.

    Args:
        background: a graph, or RDF files of vocabularies.
        name: of the new graph.
    """
    result = KnowledgeGraph(name)
    if not isinstance(background, KnowledgeGraph):
        result.load_background(background)
        return result
    for part in ("vocabulary", "accepted", "rejected", "decisions"):
        graph = getattr(result, part)
        quads = background.store.match(graph=getattr(background, part))
        result.add_own(Quad(quad.subject, quad.predicate, quad.object, graph) for quad in quads)
    return result


def accepted_links(graph: KnowledgeGraph) -> dict[NamedNode, NamedNode]:
    """Return what people said that mentions speak of."""
    found = graph.store.match(None, ITSRDF.taIdentRef, None, graph.accepted)
    pairs = [(one.subject, one.object) for one in found]
    said = [
        (mention, entity)
        for mention, entity in pairs
        if isinstance(mention, NamedNode) and isinstance(entity, NamedNode)
    ]
    return dict(sorted(said, key=lambda pair: (pair[0].value, pair[1].value), reverse=True))


def _document_quads(
    rows: Sequence[tuple[str, str, str]], nodes: Mapping[str, NamedNode], graph: NamedNode
) -> Iterator[Quad]:
    for identifier, domain, text_hash in rows:
        node = nodes[identifier]
        yield Quad(node, RDF.type, NIF.Context, graph)
        yield Quad(node, RDF.type, SCHEMA.CreativeWork, graph)
        yield Quad(node, DCTERMS.identifier, Literal(identifier), graph)
        yield Quad(node, KD.domain, Literal(domain), graph)
        yield Quad(node, KD.textHash, Literal(text_hash), graph)


def _run_quads(run: Mapping[str, str], identifier: str, graph: NamedNode) -> Iterator[Quad]:
    """Yield the run as an activity of this program, which generated the named graph; what it used has a value."""
    activity = NamedNode("urn:cdkd:run:" + quote(identifier, safe=""))
    yield Quad(activity, RDF.type, PROV.Activity, graph)
    yield Quad(activity, DCTERMS.identifier, Literal(identifier), graph)
    yield Quad(graph, PROV.wasGeneratedBy, activity, graph)
    release = version("cdkd-kg")
    agent = NamedNode(f"urn:cdkd:agent:cdkd_kg/{release}")
    yield Quad(activity, PROV.wasAssociatedWith, agent, graph)
    yield Quad(agent, RDF.type, PROV.SoftwareAgent, graph)
    yield Quad(agent, DCTERMS.title, Literal(f"cdkd_kg {release}"), graph)
    for name in sorted(set(run) - {"id"}):
        used = NamedNode(f"{activity.value}/{quote(name, safe='')}")
        yield Quad(activity, PROV.used, used, graph)
        yield Quad(used, DCTERMS.title, Literal(name), graph)
        yield Quad(used, PROV.value, Literal(str(run[name])), graph)
