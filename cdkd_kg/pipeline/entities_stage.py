"""Stage ``entities``: find mentions in every document that a graph may be built from, and link them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from cdkd_kg.config import Config
from cdkd_kg.pipeline.background import background_files, background_identity
from cdkd_kg.stages import Job


def entities_job(config: Config, corpus: Job) -> Job:
    """Return the job that runs the spaCy pipeline; it depends on the pipeline's version and the aliases."""
    from cdkd_kg.entities.installed import link_model_identity, pipeline_identity

    options = {
        "entities": config.entities.model_dump(mode="json", exclude={"link_model"}),
        "link_model": link_model_identity(config.entities),
        "pipeline": pipeline_identity(config.entities.pipeline),
        "background": background_identity(config.graph),
    }
    return Job("entities", "all domains", options, {"corpus": corpus}, partial(_work, config))


def _work(config: Config, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    del job
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.entities.extract import Document, read_in_parts
    from cdkd_kg.entities.language import label_language
    from cdkd_kg.entities.linking.aliases import AliasTable
    from cdkd_kg.entities.tables import save_parts
    from cdkd_kg.graph.facts import facts
    from cdkd_kg.graph.knowledge_graph import KnowledgeGraph

    background = KnowledgeGraph(config.graph.name)
    background.load_background(background_files(config.graph))
    rows = Corpus.load(inputs["corpus"]).graph_documents()
    documents = [Document(name, text) for name, text in zip(rows["id"][:], rows["text"][:], strict=True)]
    language = label_language(config.entities.pipeline)
    labels = AliasTable(background.labels(language))
    parts = read_in_parts(documents, config.entities, labels, facts(background, language))
    save_parts(parts, folder)
