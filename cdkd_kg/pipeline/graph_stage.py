"""Stage ``graph``: mentions, links and relations become RDF, and the RDF becomes tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdkd_kg.artifacts import sha256_file, write_json
from cdkd_kg.config import Config
from cdkd_kg.evaluation.answered import DECISIONS
from cdkd_kg.graph.shipped import shipped
from cdkd_kg.pipeline.background import background_files, background_graph, decisions_of
from cdkd_kg.pipeline.entities_stage import BACKGROUND
from cdkd_kg.stages import Job

if TYPE_CHECKING:
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.graph.decisions.decision import Decision
    from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
    from cdkd_kg.graph.label_concepts import Concepts

GRAPH, TENSORS, ABOUT = "graph.nq", "tensors", "graph.json"


def graph_job(config: Config, corpus: Job, entities: Job) -> Job:
    """Return the job that builds the knowledge graph of a run."""
    options = {
        "graph": config.graph.model_dump(mode="json", exclude={"similar_texts", "decisions"}),
        "predicates": sha256_file(shipped("relations.ttl")),
        "pyoxigraph": version("pyoxigraph"),
    }
    return Job("graph", config.graph.name, options, {"corpus": corpus, "entities": entities}, partial(_work, config))


def _work(config: Config, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.entities.language import label_language, language_warnings
    from cdkd_kg.entities.tables import Extraction
    from cdkd_kg.graph.build import build_graph
    from cdkd_kg.graph.label_concepts import label_concepts
    from cdkd_kg.graph.labels import preferred
    from cdkd_kg.graph.picture import most_linked
    from cdkd_kg.graph.statistics import background_warnings, coverage_warnings, statistics
    from cdkd_kg.graph.tensor_files import save_tensors
    from cdkd_kg.graph.tensors import to_tensors

    corpus = Corpus.load(inputs["corpus"])
    rows = corpus.graph_documents()
    columns = (rows[name][:] for name in ("id", "domain", "text_hash"))
    documents = list(zip(*columns, strict=True))
    extraction = Extraction.load(inputs["entities"])
    decisions = decisions_of(config.graph, job.needs["entities"].options[BACKGROUND])
    background = background_graph(config.graph, decisions)
    labels = _labels(config, background)
    run = {"id": job.fingerprint[:16], "pipeline": config.entities.pipeline}
    graph = build_graph(extraction, documents, background, config.graph, run)
    data = to_tensors(graph, config.graph)
    graph.save(folder / GRAPH)
    save_tensors(data, folder / TENSORS)
    language = label_language(config.entities.pipeline)
    concepts = label_concepts(graph.labels(language), corpus.tasks)
    about = statistics(extraction, data, len(documents)) | {"revision": graph.revision, "triples": len(graph)}
    used = _decisions_used(graph, decisions)
    about["decisions"] = {"count": len(used), "documents": len({name for one in used for name in one["documents"]})}
    write_json(folder / DECISIONS, used)
    texts: dict[str, list[str]] = {}
    for domain, text in zip(rows["domain"][:], rows["text"][:], strict=True):
        texts.setdefault(domain, []).append(text)
    domains = dict(zip(rows["id"][:], rows["domain"][:], strict=True))
    about["warnings"] = [
        *background_warnings(extraction, labels),
        *coverage_warnings(extraction, domains),
        *language_warnings(texts, config.entities.pipeline),
        *_decision_warnings(config, corpus, decisions, used),
    ]
    write_json(
        folder / ABOUT,
        about | {"label_concepts": _named(concepts, preferred(graph, language)), "picture": most_linked(graph)},
    )


def _decisions_used(graph: KnowledgeGraph, decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Return each decision in force, by time, with the documents of the graph that it reaches."""
    from cdkd_kg.graph.decisions.decision import in_force
    from cdkd_kg.graph.decisions.reach import reach

    documents = reach(graph, decisions)
    return [
        {"id": one.id, "kind": one.what.kind, "label": one.what.label}
        | {"who": one.who, "at": one.at, "why": one.why, "documents": documents[one.id]}
        for one in in_force(decisions)
    ]


def _decision_warnings(
    config: Config, corpus: Corpus, decisions: Sequence[Decision], used: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Return a warning where decisions reach nothing, and where some were taken on test documents."""
    from cdkd_kg.graph.decisions.decision import in_force
    from cdkd_kg.graph.iris import PLACE, document_iri

    if config.graph.decisions is None:
        return []
    warnings, folder = [], config.graph.decisions
    name = (folder.parent if folder.is_file() else folder).resolve().name
    if name != config.graph.name:
        warnings.append(
            f"graph.decisions: {folder} has the decisions on a graph called {name!r}, and this run's is called "
            f"{config.graph.name!r}; what they say of names of its own does not hold here"
        )
    if not any(one["documents"] for one in used):
        warnings.append(
            f"graph.decisions: none of the {len(used):,} decisions of {config.graph.decisions} reaches a document of "
            "this run; were they taken on other texts?"
        )
    tests = {document_iri(name).value for task in corpus.tasks for name in corpus.rows(task, "test")["id"][:]}
    seen = sum(any(iri.partition(PLACE)[0] in tests for iri in one.speaks_of()) for one in in_force(decisions))
    if seen:
        warnings.append(
            f"graph.decisions: {seen:,} decisions were taken on test documents of this run, so its test is no longer "
            "on texts that nobody has seen; let a graph be judged that was made of training texts alone"
        )
    return warnings


def _named(concepts: Concepts, names: Mapping[str, str]) -> dict[str, dict[str, dict[str, str]]]:
    """Return the concepts of each label by IRI, with what they are called."""
    return {
        task: {label: {iri: names.get(iri, iri) for iri in mine} for label, mine in labels.items()}
        for task, labels in concepts.items()
    }


def _labels(config: Config, background: KnowledgeGraph) -> dict[str, int]:
    """Return how many names each background vocabulary has; of several, each is read alone."""
    names = config.graph.background
    counts = {}
    for name, file in zip(names, background_files(config.graph), strict=True):
        alone = background
        if len(names) > 1:
            alone = type(background)(config.graph.name)
            alone.load_background([file])
        counts[name] = sum(1 for _ in alone.labels())
    return counts
