"""Texts to proposals in a graph that is kept: what an earlier reading proposed makes room for the new one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cdkd_kg.artifacts import canonical_json, sha256_file, sha256_text
from cdkd_kg.config import NOT_READ, EntitiesConfig, GraphConfig
from cdkd_kg.entities.extract import extract
from cdkd_kg.entities.installed import link_model_identity, pipeline_identity
from cdkd_kg.entities.language import label_language
from cdkd_kg.entities.linking.aliases import AliasTable
from cdkd_kg.entities.reading import Document
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.errors import DataRefusedError
from cdkd_kg.graph.build import build_graph, settled
from cdkd_kg.graph.facts import facts
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.kept_mentions import forget_other_mentions, keep_mentions
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.shipped import shipped
from cdkd_kg.graph.view import documents
from cdkd_kg.stages import code_digest

_WITHOUT_EFFECT = {"batch_size", "link_model", *NOT_READ}
"""Settings that the proposals do not depend on, or not by their name."""

_NO_LABEL = (
    "the graph has no label in the language {language!r} of the pipeline, and none without a language: nothing is "
    "linked to its concepts; import a vocabulary with such labels, or name a pipeline for its language"
)


class Text(NamedTuple):
    """A text, the id it goes by, and its domain."""

    id: str
    domain: str
    text: str


def propose(
    folder: Path | str,
    texts: Sequence[Text],
    entities: EntitiesConfig | None = None,
    config: GraphConfig | None = None,
) -> dict[str, Any]:
    """Read texts, and put the mentions, links, new concepts and relations found into the graph of a folder.

    They are proposals. Vocabulary and decisions stay; proposals of earlier readings go. It happens whole or not at
    all, and the same texts give the same proposals.

    Args:
        folder: of the graph, whose labels the texts are linked to; made where there is none.
        texts: with distinct ids.
        entities: pipeline and what it is asked for.
        config: bounds on co-mention; the name of the graph counts.

    Returns:
        ``{"documents", "mentions", "linked", "new", "ambiguous", "replaced", "run", "warnings"}``; replaced is how many
        documents had been read before.

    Raises:
        MissingResourceError: the spaCy pipeline, or the linking model, is not there.
        DataRefusedError: there is no text.
    """
    folder = Path(folder)
    if not texts:
        raise DataRefusedError("there is no text to read", why="what was read before would be forgotten")
    with graph_folder(folder, create=True) as graph:
        before = len(documents(graph))
        run, found, built, warnings = _reading(graph, texts, entities or EntitiesConfig(), config or GraphConfig())
        keep_mentions(folder, run, found, {text.id: text.text for text in sorted(texts)})
        replace_proposals(graph, built, run)
        forget_other_mentions(folder, run)
    nil = found.mentions["nil"].to_pylist()
    return {
        "documents": len(texts),
        "mentions": len(nil),
        "linked": nil.count(None),
        "new": nil.count("new"),
        "ambiguous": nil.count("ambiguous"),
        "replaced": before,
        "run": run,
        "warnings": warnings,
    }


def _reading(
    graph: KnowledgeGraph, texts: Sequence[Text], entities: EntitiesConfig, config: GraphConfig
) -> tuple[str, Extraction, KnowledgeGraph, list[str]]:
    """Return the name of a run, what it found in the texts, a graph that has its proposals, and warnings."""
    hashes = {text.id: sha256_text(text.text) for text in texts}
    known = settled(graph, graph.name)
    config = config.model_copy(update={"name": graph.name})
    used = {
        "code": sha256_text(code_digest("entities") + code_digest("graph")),
        "config": sha256_text(canonical_json([entities.model_dump(exclude=_WITHOUT_EFFECT), config.model_dump()])),
        "link_model": link_model_identity(entities),
        "pipeline": pipeline_identity(entities.pipeline),
        "predicates": sha256_file(shipped("relations.ttl")),
        "settled": known.revision,
        "texts": sha256_text(canonical_json(sorted(hashes.items()))),
    }
    run = sha256_text(canonical_json(used))[:16]
    documents = [Document(text.id, text.text) for text in texts]
    language = label_language(entities.pipeline)
    aliases = AliasTable(known.labels(language))
    found = extract(documents, entities, aliases, facts(known, language))
    rows = [(text.id, text.domain, hashes[text.id]) for text in texts]
    warnings = [] if len(aliases) or not len(known) else [_NO_LABEL.format(language=language)]
    return run, found, build_graph(found, rows, known, config, used | {"id": run}), warnings


def replace_proposals(graph: KnowledgeGraph, built: KnowledgeGraph, run: str) -> None:
    """Let a graph have the proposals of a run that another one has, in place of those of all other runs."""
    prefix = built.proposed("").value
    earlier = [node for node in graph.store.named_graphs() if node.value.startswith(prefix)]
    old = {quad for node in earlier for quad in graph.store.match(graph=node)}
    new = set(built.store.match(graph=built.proposed(run)))
    graph.store.patch(old - new, new - old)
