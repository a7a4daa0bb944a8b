"""Stage ``entities``: find mentions in every document that a graph may be built from, and link them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cdkd_kg.artifacts import write_json
from cdkd_kg.config import NOT_READ, Config
from cdkd_kg.pipeline.background import background_graph, background_identity, decisions_of
from cdkd_kg.stages import Job, earlier

if TYPE_CHECKING:
    from cdkd_kg.entities.known import Known
    from cdkd_kg.entities.reading import Document
    from cdkd_kg.entities.tables import Extraction

logger = logging.getLogger(__name__)

BACKGROUND = "background"
READ = "read.json"
"""How many documents were ``read``, and of how many an earlier reading was ``known``."""


def entities_job(config: Config, corpus: Job) -> Job:
    """Return the job that reads the documents of the graph."""
    return Job("entities", "all domains", reading_options(config), {"corpus": corpus}, partial(_work, config))


def reading_options(config: Config) -> dict[str, Any]:
    """Return what the reading of a document depends on: the pipeline and its version, and the names to link to."""
    from cdkd_kg.entities.installed import link_model_identity, pipeline_identity

    return {
        "entities": config.entities.model_dump(mode="json", exclude={"link_model", *NOT_READ}),
        "link_model": link_model_identity(config.entities),
        "pipeline": pipeline_identity(config.entities.pipeline),
        BACKGROUND: background_identity(config.graph),
    }


def _work(config: Config, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.entities.known import DOCUMENTS, known_of, save_covered
    from cdkd_kg.entities.reading import Document
    from cdkd_kg.entities.tables import save_parts

    rows = Corpus.load(inputs["corpus"]).graph_documents()
    documents = [Document(name, text) for name, text in zip(rows["id"][:], rows["text"][:], strict=True)]
    hashes = dict(zip(rows["id"][:], rows["text_hash"][:], strict=True))
    known = known_of(earlier(job, folder.parent, DOCUMENTS), hashes)
    save_parts(read_documents(config, documents, job, folder.parent, known), folder)
    save_covered(hashes, folder)
    count = len(known.documents) if known else 0
    logger.info("%d documents read, %d known", len(documents) - count, count)
    write_json(folder / READ, {"read": len(documents) - count, "known": count})


def read_documents(
    config: Config, documents: Sequence[Document], job: Job, cache: Path, known: Known | None = None
) -> Iterator[Extraction]:
    """Yield, part by part, what is found in documents, linked to what was known when the job was planned.

    Those of which an earlier reading is ``known`` are not read.
    """
    from cdkd_kg.entities.extract import read_in_parts
    from cdkd_kg.entities.language import label_language
    from cdkd_kg.entities.linking.aliases import AliasTable
    from cdkd_kg.graph.facts import facts

    background = background_graph(config.graph, decisions_of(config.graph, job.options[BACKGROUND]))
    language = label_language(config.entities.pipeline)
    labels = AliasTable(background.labels(language))
    place: Path | str = job.workspace(cache)
    if config.entities.shards is not None:
        again = f"-{uuid4().hex[:8]}" if job.forced else ""
        place = f"{config.entities.shards}/entities-{job.method[:16]}{again}"
    return read_in_parts(documents, config.entities, labels, facts(background, language), known, place)
