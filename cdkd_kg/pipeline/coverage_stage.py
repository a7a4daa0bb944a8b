"""Stage ``coverage``: how many mentions of each test document are linked, for measuring alone.

Test documents are in no graph, and students answer without one. That a gain lies where entities are linked is something
that can be seen afterwards all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from cdkd_kg.artifacts import write_json
from cdkd_kg.config import Config
from cdkd_kg.pipeline.entities_stage import reading_options
from cdkd_kg.stages import Job

LINKED = "linked.json"
"""``{test document: how many of its mentions are linked}``."""


def coverage_job(config: Config, corpus: Job) -> Job:
    """Return the job that links test documents as the entities stage links the others; only the evaluation needs it."""
    return Job("coverage", "test documents", reading_options(config), {"corpus": corpus}, partial(_work, config))


def _work(config: Config, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.entities.reading import Document
    from cdkd_kg.pipeline.entities_stage import read_documents

    corpus = Corpus.load(inputs["corpus"])
    rows = [corpus.rows(task, "test") for task in corpus.tasks]
    documents = [
        Document(name, text) for part in rows for name, text in zip(part["id"][:], part["text"][:], strict=True)
    ]
    linked: Counter[str] = Counter()
    for found in read_documents(config, documents, job, folder.parent):
        ids, iris = (found.mentions[column].to_pylist() for column in ("document", "iri"))
        linked.update(name for name, iri in zip(ids, iris, strict=True) if iri)
    write_json(folder / LINKED, {document.id: linked[document.id] for document in documents})
